//! What the policy of sharing lets a person do, as capabilities.

use allmende_ocs::endpoints::cloud::capabilities::{
    Expiry, Federation, FilesSharing, GroupSharing, LinkPassword, MailPassword, MailSharing,
    PublicSharing, Sharee, Switch, UserSharing,
};
use allmende_sharing::{DateRule, Policy};
use allmende_types::GroupId;

/// The part `files_sharing` for a member of these groups.
pub(super) fn sharing(policy: &Policy, groups: &[GroupId]) -> FilesSharing {
    let mut sharing = FilesSharing::default();
    sharing.api_enabled = policy.enabled;
    sharing.public = Some(links(policy, groups));
    sharing.user = Some(people(policy));
    sharing.federation = Some(federation());
    sharing.sharee = Some(sharee(policy));
    sharing.sharebymail = policy.mail_shares.then(|| mail(policy, groups));
    if policy.enabled {
        sharing.resharing = policy.resharing;
        sharing.group_sharing = Some(policy.group_sharing);
        let mut group = GroupSharing::default();
        group.enabled = policy.group_sharing;
        group.expire_date = Some(Switch::new(true));
        sharing.group = Some(group);
        sharing.default_permissions = Some(policy.default_permissions.bits().into());
        sharing.exclude_reshare_from_edit = Some(policy.exclude_reshare_from_edit);
    }
    sharing
}

/// Whether there are links for a member of these groups at all.
fn has_links(policy: &Policy, groups: &[GroupId]) -> bool {
    policy.enabled && policy.may_link(groups)
}

fn links(policy: &Policy, groups: &[GroupId]) -> PublicSharing {
    let mut public = PublicSharing::default();
    // Clients show nothing of the others without links; the original leaves them out.
    if !has_links(policy, groups) {
        return public;
    }
    let mut password = LinkPassword::default();
    password.enforced = policy.needs_password(groups);
    password.ask_for_optional_password = policy.password_by_default;
    public.enabled = true;
    public.password = Some(password);
    public.expire_date = Some(expiry(&policy.link_expiry));
    public.multiple_links = Some(true);
    public.expire_date_internal = Some(expiry(&policy.internal_expiry));
    public.expire_date_remote = Some(expiry(&policy.remote_expiry));
    public.send_mail = Some(policy.public_notification);
    public.upload = Some(policy.public_upload);
    public.upload_files_drop = Some(policy.public_upload);
    public.custom_tokens = Some(policy.custom_tokens);
    public
}

fn expiry(rule: &DateRule) -> Expiry {
    match (rule.by_default, rule.enforced) {
        (false, _) => Expiry::OFF,
        (true, false) => Expiry::after(rule.days),
        (true, true) => Expiry::after(rule.days).enforced(),
    }
}

fn people(policy: &Policy) -> UserSharing {
    let mut people = UserSharing::default();
    people.expire_date = policy.enabled.then(|| Switch::new(true));
    people
}

/// Nothing is shared with other servers: the settings for it have no effect yet, so that clients
/// must not offer it.
fn federation() -> Federation {
    let mut federation = Federation::default();
    federation.expire_date = Some(Switch::new(false));
    federation.expire_date_supported = Some(Switch::new(false));
    federation
}

fn sharee(policy: &Policy) -> Sharee {
    let mut sharee = Sharee::default();
    sharee.min_search_string_length =
        u32::try_from(policy.enumeration.min_length).unwrap_or(u32::MAX);
    sharee.always_show_unique = policy.always_show_unique;
    sharee
}

fn mail(policy: &Policy, groups: &[GroupId]) -> MailSharing {
    let mut password = MailPassword::default();
    password.enabled = true;
    password.enforced = policy.needs_password(groups);
    let mut expire = Expiry::default();
    expire.enabled = true;
    expire.enforced = Some(policy.link_expiry.enforced);
    let mut mail = MailSharing::default();
    mail.enabled = has_links(policy, groups);
    mail.send_password_by_mail = policy.send_password_by_mail;
    mail.upload_files_drop = Some(Switch::new(true));
    mail.password = Some(password);
    mail.expire_date = Some(expire);
    mail
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(policy: &Policy, groups: &[GroupId]) -> serde_json::Value {
        serde_json::to_value(sharing(policy, groups)).unwrap()
    }

    #[test]
    fn all_that_the_mobile_clients_read_is_there() {
        let tree = json(&Policy::default(), &[]);
        assert_eq!(tree["api_enabled"], true);
        assert_eq!(tree["resharing"], true);
        assert_eq!(tree["group_sharing"], true);
        assert_eq!(tree["default_permissions"], 31);
        assert_eq!(
            tree["public"],
            serde_json::json!({
                "enabled": true,
                "password": {"enforced": false, "askForOptionalPassword": false},
                "expire_date": {"enabled": false},
                "multiple_links": true,
                "expire_date_internal": {"enabled": false},
                "expire_date_remote": {"enabled": false},
                "send_mail": false,
                "upload": true,
                "upload_files_drop": true,
                "custom_tokens": false,
            })
        );
        assert_eq!(
            tree["sharee"],
            serde_json::json!({
                "minSearchStringLength": 0,
                "query_lookup_default": false,
                "always_show_unique": true,
            })
        );
        assert_eq!(
            tree["sharebymail"],
            serde_json::json!({
                "enabled": true,
                "send_password_by_mail": true,
                "upload_files_drop": {"enabled": true},
                "password": {"enabled": true, "enforced": false},
                "expire_date": {"enabled": true, "enforced": false},
            })
        );
    }

    #[test]
    fn what_is_off_is_absent() {
        let mut policy = Policy::default();
        policy.share.links = false;
        let tree = json(&policy, &[]);
        assert_eq!(tree["public"], serde_json::json!({"enabled": false}));
        assert_eq!(tree["sharebymail"]["enabled"], false);
        policy.share.enabled = false;
        policy.share.mail_shares = false;
        let tree = json(&policy, &[]);
        let keys: Vec<&str> = tree.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["api_enabled", "federation", "public", "resharing", "sharee", "user"]);
        assert_eq!(tree["user"], serde_json::json!({"send_mail": false}));
        assert_eq!(tree["resharing"], false);
    }

    #[test]
    fn the_rules_for_links_are_those_of_the_groups() {
        let staff: GroupId = "staff".parse().unwrap();
        let mut policy = Policy::default();
        policy.share.password_enforced = true;
        policy.share.password_excluded.insert(staff.clone());
        policy.share.link_expiry.by_default = true;
        policy.share.link_expiry.enforced = true;
        policy.share.link_expiry.days = 3;
        let tree = json(&policy, &[]);
        assert_eq!(tree["public"]["password"]["enforced"], true);
        assert_eq!(
            tree["public"]["expire_date"],
            serde_json::json!({"enabled": true, "days": 3, "enforced": true})
        );
        let tree = json(&policy, std::slice::from_ref(&staff));
        assert_eq!(tree["public"]["password"]["enforced"], false);
        policy.share.links_excluded.insert(staff.clone());
        let tree = json(&policy, &[staff]);
        assert_eq!(tree["public"], serde_json::json!({"enabled": false}));
    }
}
