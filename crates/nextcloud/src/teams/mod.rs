//! The administration of team folders: `/index.php/apps/groupfolders/…`.
//!
//! Answers have the envelope of OCS, version 1; what is refused from inside is plain JSON
//! with a status of HTTP. Who administers, and whom administrators handed this to, may do
//! everything; who manages the rules of a folder may change it if that was handed to them
//! too; members of a folder's groups may look.

mod change;
mod look;
mod shown;

use allmende_ocs::{
    Envelope, Format, OcsError, Reply, Router, ServerEndpoint,
    endpoints::group_folders::{self as e, refusal, special_right_required},
    incomplete, method_not_allowed,
};
use allmende_sharing::{
    Caller, Delegation, Error, ErrorKind, Sharing, TeamFolderId, TeamOrder, TeamRefusal, TeamScope,
};
use allmende_types::UserId;
use bytes::Bytes;
use http::{Response, StatusCode};

use crate::{
    delegation,
    ocs::{Call, Handler, unavailable},
};

macro_rules! routes {
    ($($endpoint:ty => $handler:path,)*) => {
        Router::<Handler>::default()$(.with::<$endpoint>(|call, request, params| {
            Box::pin(async move {
                if params.get("id").is_some_and(|id| id.parse::<i64>().is_err()) {
                    return method_not_allowed(&[]);
                }
                let Ok(input) = <$endpoint>::read_request(request, params) else {
                    return incomplete();
                };
                let envelope = request.envelope();
                let outcome = match Desk::of(call, envelope.format).await {
                    Ok(desk) => $handler(&desk, input).await,
                    Err(failed) => Err(failed),
                };
                match outcome {
                    Ok(answer) => <$endpoint>::write_response(request, Ok(Reply::new(answer))),
                    Err(failed) => failed.respond(envelope),
                }
            })
        }))*
    };
}

/// The routes, for the front page.
pub(crate) fn routes() -> Router<Handler> {
    routes! {
        e::List => look::list,
        e::CountAll => look::count,
        e::Get => look::get,
        e::SearchMappings => look::search,
        e::Groups => look::groups,
        e::Teams => look::teams,
        e::AuthorizedGroups => look::authorised_groups,
        e::Create => change::create,
        e::Delete => change::delete,
        e::Edit => change::edit,
        e::SetMountPoint => change::set_mount_point,
        e::AddGroup => change::add_group,
        e::RemoveGroup => change::remove_group,
        e::SetPermissions => change::set_permissions,
        e::SetQuota => change::set_quota,
        e::SwitchRules => change::switch_rules,
        e::SetManager => change::set_manager,
    }
}

/// What somebody may do with team folders as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rank {
    /// Everything.
    Administrator,
    /// Change those whose rules they manage.
    Delegate,
    /// Look at those that they have.
    Member,
}

/// One call.
struct Desk<'a> {
    call: &'a Call<'a>,
    person: &'a UserId,
    rank: Rank,
    format: Format,
}

impl<'a> Desk<'a> {
    async fn of(call: &'a Call<'a>, format: Format) -> Result<Self, Failed> {
        let who = call.who()?;
        let holds = |area| delegation::holds(call.inner, who, area);
        let rank = if who.administrator || holds(Delegation::TeamFolders).await? {
            Rank::Administrator
        } else if holds(Delegation::ManagedTeamFolders).await? {
            Rank::Delegate
        } else {
            Rank::Member
        };
        Ok(Self { call, person: &who.person.id, rank, format })
    }

    fn sharing(&self) -> &Sharing {
        &self.call.inner.sharing
    }

    fn caller(&self) -> Caller<'_> {
        Caller { person: self.person, now: self.call.now() }
    }

    /// Refuses those who may not do everything.
    fn administers(&self) -> Result<(), Failed> {
        match self.rank {
            Rank::Administrator => Ok(()),
            Rank::Delegate | Rank::Member => Err(special_right_required().into()),
        }
    }

    /// Refuses those who may not change this folder.
    async fn may_change(&self, id: i64) -> Result<TeamFolderId, Failed> {
        let id = TeamFolderId(id);
        match self.rank {
            Rank::Administrator => Ok(id),
            Rank::Delegate if self.manages(id).await? => Ok(id),
            Rank::Delegate | Rank::Member => Err(special_right_required().into()),
        }
    }

    /// Whether the caller is named as one who manages the rules of a folder.
    async fn manages(&self, id: TeamFolderId) -> Result<bool, Failed> {
        let scope = TeamScope::Manager(self.person);
        let managed = self.sharing().team_folders(scope, TeamOrder::default()).await?;
        Ok(managed.iter().any(|folder| folder.id == id))
    }
}

/// A call that came to nothing.
enum Failed {
    /// Told without an envelope.
    Plain(StatusCode, String),
    /// Told in the envelope.
    Enveloped(OcsError),
}

impl Failed {
    fn bad_request(text: &str) -> Self {
        Self::Plain(StatusCode::BAD_REQUEST, text.to_owned())
    }

    fn respond(self, envelope: Envelope) -> Response<Bytes> {
        match self {
            Self::Plain(status, text) => refusal(status, &text),
            Self::Enveloped(error) => envelope.failure(&error),
        }
    }
}

impl From<OcsError> for Failed {
    fn from(error: OcsError) -> Self {
        Self::Enveloped(error)
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        let status = match error.kind() {
            ErrorKind::NotFound | ErrorKind::Team(TeamRefusal::NoSuchFolder) => {
                StatusCode::NOT_FOUND
            }
            ErrorKind::Team(TeamRefusal::NotManager) => StatusCode::FORBIDDEN,
            ErrorKind::Team(_) => StatusCode::BAD_REQUEST,
            ErrorKind::Changed => StatusCode::CONFLICT,
            _ => return Self::Enveloped(unavailable(error)),
        };
        let text = match error.kind() {
            ErrorKind::Team(refusal) => refusal.to_string(),
            ErrorKind::Changed => "Somebody else has changed this meanwhile".to_owned(),
            _ => TeamRefusal::NoSuchFolder.to_string(),
        };
        Self::Plain(status, text)
    }
}
