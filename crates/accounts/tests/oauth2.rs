//! Programs that act for a person, on both engines.

#![allow(clippy::unwrap_used)] // Bodies and helpers of tests may fail like tests.

mod common;

use allmende_accounts::{
    Accounts, Credentials, ErrorKind, OAuthClient, OAuthGrant, OAuthTokens, Status,
};
use allmende_sql::every_engine;
use allmende_types::Timestamp;
use common::*;

const BACK: &str = "https://op.example.org/callback?a=b";

async fn registered(accounts: &Accounts) -> (OAuthClient, String) {
    let (client, secret) = accounts.register_oauth_client("OpenProject", BACK).await.unwrap();
    (client, secret.expose().to_owned())
}

async fn code(accounts: &Accounts, client: &OAuthClient, challenge: Option<&str>) -> String {
    let alice = user("alice");
    let code = accounts.grant_oauth_code(client.id, &alice, "alice", challenge, NOW).await;
    code.unwrap().expose().to_owned()
}

async fn exchange(
    accounts: &Accounts,
    client: &OAuthClient,
    grant: OAuthGrant<'_>,
    now: Timestamp,
) -> Result<OAuthTokens, ErrorKind> {
    accounts.exchange_oauth_grant(client, grant, now).await.map_err(|error| error.kind())
}

async fn opens(accounts: &Accounts, tokens: &OAuthTokens, now: Timestamp) -> bool {
    who(accounts, Credentials::Bearer(tokens.access.expose()), now).await.is_ok()
}

every_engine! {
    async fn a_program_is_registered_and_removed(sql: Sql) {
        let accounts = peopled(&sql).await;
        let (client, secret) = registered(&accounts).await;
        assert_eq!((client.name.as_str(), client.redirect_uri.as_str()), ("OpenProject", BACK));
        assert_eq!((client.identifier.len(), secret.len()), (64, 64));
        let found = accounts.oauth_client(&client.identifier).await.unwrap();
        assert_eq!(found, Some(client.clone()));
        assert_eq!(accounts.oauth_clients().await.unwrap(), std::slice::from_ref(&client));
        let by = async |identifier: &str, secret: &str| {
            accounts.authenticate_oauth_client(identifier, secret).await.unwrap()
        };
        assert_eq!(by(&client.identifier, &secret).await, Some(client.clone()));
        assert_eq!(by(&client.identifier, "").await, None);
        assert_eq!(by(&client.identifier, &secret[1..]).await, None);
        assert_eq!(by("", &secret).await, None);
        let tokens = OAuthGrant::Code(&code(&accounts, &client, None).await, None);
        let tokens = exchange(&accounts, &client, tokens, NOW).await.unwrap();
        assert!(opens(&accounts, &tokens, NOW).await);
        accounts.remove_oauth_client(client.id).await.unwrap();
        assert!(!opens(&accounts, &tokens, NOW).await);
        assert_eq!(accounts.oauth_clients().await.unwrap(), []);
        let again = accounts.remove_oauth_client(client.id).await;
        assert_eq!(again.unwrap_err().kind(), ErrorKind::NotFound);
        for address in [
            "", "op.example.org", "javascript:alert(1)", "https://", "https:///x", "ftp://a",
            "https://op.example.org/#x", "https://op.example.org/a b", "https://a@b.example.org",
        ] {
            let refused = accounts.register_oauth_client("x", address).await;
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::Invalid, "{address}");
        }
    }

    async fn a_code_is_good_once_and_soon(sql: Sql) {
        let accounts = peopled(&sql).await;
        let (client, _) = registered(&accounts).await;
        let (other, _) = registered(&accounts).await;
        let first = code(&accounts, &client, None).await;
        assert_eq!(first.len(), 128);
        let shown = OAuthGrant::Code(&first, None);
        // Not to somebody else, not as another thing, not with a letter more.
        assert_eq!(exchange(&accounts, &other, shown, NOW).await.unwrap_err(), ErrorKind::NotFound);
        let wrong = OAuthGrant::Refresh(&first);
        assert_eq!(exchange(&accounts, &client, wrong, NOW).await.unwrap_err(), ErrorKind::NotFound);
        let longer = format!("{first}x");
        let wrong = OAuthGrant::Code(&longer, None);
        assert_eq!(exchange(&accounts, &client, wrong, NOW).await.unwrap_err(), ErrorKind::NotFound);
        let tokens = exchange(&accounts, &client, shown, later(599)).await.unwrap();
        assert_eq!((tokens.person.as_str(), tokens.expires_in), ("Alice", 3600));
        assert_eq!((tokens.access.expose().len(), tokens.refresh.expose().len()), (72, 128));
        assert_eq!(exchange(&accounts, &client, shown, NOW).await.unwrap_err(), ErrorKind::NotFound);
        assert!(opens(&accounts, &tokens, later(599 + 3599)).await);
        assert!(!opens(&accounts, &tokens, later(599 + 3601)).await);
        let late = code(&accounts, &client, None).await;
        let late = OAuthGrant::Code(&late, None);
        assert_eq!(exchange(&accounts, &client, late, later(600)).await.unwrap_err(), ErrorKind::NotFound);
    }

    async fn a_refresh_replaces_both_tokens(sql: Sql) {
        let accounts = peopled(&sql).await;
        let (client, _) = registered(&accounts).await;
        let code = code(&accounts, &client, None).await;
        let first = exchange(&accounts, &client, OAuthGrant::Code(&code, None), NOW).await.unwrap();
        let old = OAuthGrant::Refresh(first.refresh.expose());
        let second = exchange(&accounts, &client, old, later(60)).await.unwrap();
        assert!(!opens(&accounts, &first, later(61)).await);
        assert!(opens(&accounts, &second, later(61)).await);
        assert_eq!(exchange(&accounts, &client, old, later(62)).await.unwrap_err(), ErrorKind::NotFound);
        // Also long after the access token has ended and was tidied away.
        let month = later(30 * 24 * 3600);
        accounts.remove_expired(month).await.unwrap();
        let next = OAuthGrant::Refresh(second.refresh.expose());
        let third = exchange(&accounts, &client, next, month).await.unwrap();
        assert!(opens(&accounts, &third, month).await);
        // Whoever revokes the access token ends the whole grant.
        let alice = user("alice");
        let shown = accounts.app_passwords(&alice).await.unwrap();
        assert_eq!(shown.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["OpenProject"]);
        accounts.revoke_app_password(&alice, shown[0].id).await.unwrap();
        let next = OAuthGrant::Refresh(third.refresh.expose());
        assert_eq!(exchange(&accounts, &client, next, month).await.unwrap_err(), ErrorKind::NotFound);
    }

    async fn a_challenge_wants_its_verifier(sql: Sql) {
        let accounts = peopled(&sql).await;
        let (client, _) = registered(&accounts).await;
        // The example of RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let code = code(&accounts, &client, Some(challenge)).await;
        for wrong in [None, Some(""), Some(challenge), Some(&verifier[1..])] {
            let shown = OAuthGrant::Code(&code, wrong);
            assert_eq!(exchange(&accounts, &client, shown, NOW).await.unwrap_err(), ErrorKind::NotFound);
        }
        let shown = OAuthGrant::Code(&code, Some(verifier));
        let tokens = exchange(&accounts, &client, shown, NOW).await.unwrap();
        assert!(opens(&accounts, &tokens, NOW).await);
    }

    async fn a_disabled_person_lets_nobody_in(sql: Sql) {
        let accounts = peopled(&sql).await;
        let (client, _) = registered(&accounts).await;
        let code = code(&accounts, &client, None).await;
        let alice = user("alice");
        accounts.set_status(&alice, Status::Disabled).await.unwrap();
        let shown = OAuthGrant::Code(&code, None);
        assert_eq!(exchange(&accounts, &client, shown, NOW).await.unwrap_err(), ErrorKind::NotFound);
        let grant = accounts.grant_oauth_code(client.id, &alice, "alice", None, NOW).await;
        assert_eq!(grant.unwrap_err().kind(), ErrorKind::NoSuchPerson);
        accounts.set_status(&alice, Status::Enabled).await.unwrap();
        let tokens = exchange(&accounts, &client, shown, NOW).await.unwrap();
        accounts.remove_person(&alice).await.unwrap();
        assert!(!opens(&accounts, &tokens, NOW).await);
    }
}
