//! `allmende user …`.

use std::io::{BufRead, IsTerminal, Write};

use allmende_accounts::{NewPerson, Page, PeopleQuery, PersonUpdate, Quota, Status};
use allmende_server::{Config, Databases};
use allmende_storage::Tree;
use allmende_types::{GroupId, Timestamp, UserId};
use serde::Serialize;

use crate::{Failure, arguments::UserCommand, output};

#[derive(Serialize)]
struct Line {
    id: String,
    display_name: String,
    email: Option<String>,
    enabled: bool,
    quota: String,
    last_login: Option<i64>,
}

/// Runs a command on people.
pub(crate) async fn run(
    databases: &Databases,
    config: &Config,
    command: UserCommand,
) -> Result<(), Failure> {
    let accounts = &databases.accounts;
    match command {
        UserCommand::Add { id, display_name, email, group, quota, generate } => {
            let mut new = NewPerson::new(id.parse()?);
            new.display_name = display_name;
            new.email = email;
            new.quota = quota.parse()?;
            new.groups = group.iter().map(|g| g.parse::<GroupId>()).collect::<Result<_, _>>()?;
            let (password, made_up) = password(generate)?;
            let limit = (new.quota != Quota::Default).then_some(new.quota);
            let person =
                accounts.create_person(new.with_password(password.as_str()), now()).await?;
            if let Some(limit) = limit {
                apply_quota(databases, config, &person.id, limit).await?;
            }
            println!("{} was created.", person.id);
            tell(&password, made_up);
        }
        UserCommand::List { search, json } => list(databases, &search, json).await?,
        UserCommand::Disable { id } => {
            accounts.set_status(&id.parse()?, Status::Disabled).await?;
            println!("{id} is disabled.");
        }
        UserCommand::Enable { id } => {
            accounts.set_status(&id.parse()?, Status::Enabled).await?;
            println!("{id} is enabled.");
        }
        UserCommand::Quota { id, quota } => {
            let (id, quota): (UserId, Quota) = (id.parse()?, quota.parse()?);
            let update = PersonUpdate { quota: Some(quota), ..PersonUpdate::default() };
            accounts.update_person(&id, update).await?;
            apply_quota(databases, config, &id, quota).await?;
            println!("{id} may store: {quota}.");
        }
        UserCommand::Password { id, generate } => {
            let (password, made_up) = password(generate)?;
            accounts.set_password(&id.parse()?, Some(&password)).await?;
            println!("The password of {id} was set.");
            tell(&password, made_up);
        }
    }
    Ok(())
}

async fn list(databases: &Databases, search: &str, json: bool) -> Result<(), Failure> {
    const PAGE: usize = 500;
    let mut lines = Vec::new();
    loop {
        let query = PeopleQuery {
            search: search.to_owned(),
            page: Page { offset: lines.len() as u64, limit: PAGE as u64 },
            ..PeopleQuery::default()
        };
        let people = databases.accounts.people(&query).await?;
        let count = people.len();
        lines.extend(people.into_iter().map(|person| Line {
            id: person.id.to_string(),
            display_name: person.display_name,
            email: person.email,
            enabled: person.status == Status::Enabled,
            quota: person.quota.to_string(),
            last_login: person.last_login.map(Timestamp::unix),
        }));
        if count < PAGE {
            break;
        }
    }
    if json {
        return output::json(&lines);
    }
    let row = |line: &Line| {
        let state = if line.enabled { "" } else { "disabled" };
        let email = line.email.clone().unwrap_or_default();
        vec![line.id.clone(), line.display_name.clone(), email, line.quota.clone(), state.into()]
    };
    let rows: Vec<_> = lines.iter().map(row).collect();
    output::table(&["ID", "NAME", "E-MAIL", "QUOTA", ""], &rows);
    Ok(())
}

/// Gives a person's home the quota, if it was made already; otherwise it gets it then.
async fn apply_quota(
    databases: &Databases,
    config: &Config,
    id: &UserId,
    quota: Quota,
) -> Result<(), Failure> {
    let bytes = match quota {
        Quota::Default => config.files.default_quota,
        Quota::Unlimited => None,
        Quota::Bytes(bytes) => Some(bytes),
    };
    let tree: &dyn Tree = &*databases.tree;
    allmende_files::set_home_quota(tree, id, bytes, now()).await?;
    Ok(())
}

/// The password from the environment, the terminal or a pipe, or a fresh one.
fn password(generate: bool) -> Result<(String, bool), Failure> {
    if generate {
        return Ok((generate_password()?, true));
    }
    if let Ok(password) = std::env::var("ALLMENDE_PASSWORD") {
        return Ok((password, false));
    }
    let input = std::io::stdin();
    if input.is_terminal() {
        eprint!("Password: ");
        std::io::stderr().flush()?;
    }
    let mut line = String::new();
    input.lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        return Err("no password was given".into());
    }
    Ok((password, false))
}

fn tell(password: &str, made_up: bool) {
    if made_up {
        println!("Password: {password}");
    }
}

/// Twenty letters and digits that cannot be mistaken for one another: about 100 bits.
pub(crate) fn generate_password() -> Result<String, Failure> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = [0; 20];
    getrandom::fill(&mut random).map_err(|error| format!("no randomness: {error}"))?;
    Ok(random.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % 32])).collect())
}

/// The time of now.
pub(crate) fn now() -> Timestamp {
    std::time::SystemTime::now().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_and_different() {
        let (a, b) = (generate_password().unwrap(), generate_password().unwrap());
        assert_eq!(a.len(), 20);
        assert_ne!(a, b);
    }
}
