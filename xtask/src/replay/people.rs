//! Names in the recording and the fresh names that stand for them.

use super::recording::Exchange;
use crate::failure::Result;
use crate::http::Endpoint;
use crate::server;

/// The host that stands in every recording.
const RECORDED_HOST: &str = "cloud.example.org";
const ROLES: &[&str] = &["alice", "bob", "carol"];

/// The people of one scenario.
#[derive(Debug)]
pub(super) struct People {
    admin: Endpoint,
    /// What is added to a recorded name to make it this scenario's own.
    suffix: String,
}

impl People {
    /// Makes those that the scenario speaks of.
    pub(super) fn make(admin: &Endpoint, suffix: String, exchanges: &[Exchange]) -> Result<Self> {
        let people = Self { admin: admin.clone(), suffix };
        for role in ROLES {
            let mentioned = exchanges.iter().any(|exchange| {
                exchange.sender.trim_end_matches('\'') == *role
                    || exchange.path.contains(role)
                    || exchange.request_body.as_text().contains(role)
                    || exchange.body.as_text().contains(role)
                    || exchange.request_headers.iter().any(|(_, value)| value.contains(role))
            });
            // The tokens of a scenario are always of the first.
            if mentioned || *role == "alice" {
                let name = people.name(role);
                let mut display = (*role).to_owned();
                display[..1].make_ascii_uppercase();
                server::make_person(admin, &name, &format!("{display} Rig"), &password(&name))?;
            }
        }
        Ok(people)
    }

    /// Who may make people and groups.
    pub(super) fn admin(&self) -> &Endpoint {
        &self.admin
    }

    /// The fresh name of a recorded person.
    pub(super) fn name(&self, role: &str) -> String {
        format!("{role}{}", self.suffix)
    }

    /// The home of a recorded person.
    pub(super) fn home(&self, role: &str) -> Endpoint {
        let name = self.name(role);
        Endpoint {
            authority: self.admin.authority.clone(),
            path: format!("/remote.php/dav/files/{name}/"),
            password: password(&name),
            user: name,
        }
    }

    /// Name and password of a sender; none for a visitor. Beside the people there are the app
    /// password and the public link that were given out.
    pub(super) fn credentials(
        &self,
        exchange: &Exchange,
        (app_password, link): (Option<&str>, Option<&str>),
    ) -> Option<(String, String)> {
        match exchange.sender.trim_end_matches('\'') {
            "anon" => None,
            "admin" => Some((self.admin.user.clone(), self.admin.password.clone())),
            "with-token" | "old-token" => {
                Some((self.name("alice"), app_password.unwrap_or("none was given out").to_owned()))
            }
            // Old clients sign in with the name of a link.
            "by-token" => Some((link.unwrap_or_default().to_owned(), String::new())),
            // A person made within the scenario, named by the path.
            "special" => {
                let segment = exchange.path.split('/').nth(4).unwrap_or_default();
                let name = percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
                Some((name.into_owned(), "Some-good-pw-123".into()))
            }
            role => {
                let name = self.name(role);
                let password = password(&name);
                Some((name, password))
            }
        }
    }

    /// A recorded text with this scenario's names and this server's address.
    pub(super) fn to_ours(&self, text: &str) -> String {
        let mut text = text.replace(RECORDED_HOST, &self.admin.authority);
        for role in ROLES {
            let name = self.name(role);
            text = text.replace(role, &name);
            text = text.replace(&role.to_ascii_uppercase(), &name.to_ascii_uppercase());
        }
        text
    }

    /// A text of ours with the recorded names and address.
    pub(super) fn to_recorded(&self, text: &str) -> String {
        let mut text = text.replace(&self.admin.authority, RECORDED_HOST);
        for role in ROLES {
            let name = self.name(role);
            text = text.replace(&name, role);
            text = text.replace(&name.to_ascii_uppercase(), &role.to_ascii_uppercase());
        }
        text
    }
}

/// The form that the recorded passwords have: one of them stands in a request body.
fn password(name: &str) -> String {
    format!("Rig-{name}-pass.7")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_travel_both_ways() {
        let people = People {
            admin: Endpoint::new("http://127.0.0.1:1/", "admin", "p").unwrap(),
            suffix: "-7".into(),
        };
        let recorded =
            "http://cloud.example.org/files/alice/x ALICE bob alice' password=Rig-alice-pass.7";
        let ours = people.to_ours(recorded);
        assert_eq!(
            ours,
            "http://127.0.0.1:1/files/alice-7/x ALICE-7 bob-7 alice-7' password=Rig-alice-7-pass.7"
        );
        assert_eq!(people.to_recorded(&ours), recorded);
        assert_eq!(people.home("alice").password, "Rig-alice-7-pass.7");
    }
}
