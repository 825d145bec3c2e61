//! `allmende app-password …`.

use allmende_accounts::{AppPassword, AppPasswordId, NewAppPassword};
use allmende_server::Databases;
use allmende_types::UserId;
use serde::Serialize;

use crate::{Failure, arguments::AppPasswordCommand, output, people::now};

#[derive(Serialize)]
struct Line {
    id: i64,
    name: String,
    created: i64,
    last_activity: i64,
}

/// Runs a command on app passwords.
pub(crate) async fn run(databases: &Databases, command: AppPasswordCommand) -> Result<(), Failure> {
    let accounts = &databases.accounts;
    match command {
        AppPasswordCommand::Add { user, name } => {
            let user: UserId = user.parse()?;
            let new = NewAppPassword::new(name);
            let (_, secret) =
                accounts.create_app_password(&user, user.as_str(), new, now()).await?;
            println!("{}", secret.expose());
        }
        AppPasswordCommand::List { user, json } => {
            let all = accounts.app_passwords(&user.parse()?).await?;
            let line = |one: AppPassword| Line {
                id: one.id.0,
                name: one.name,
                created: one.created.unix(),
                last_activity: one.last_activity.unix(),
            };
            let lines: Vec<Line> = all.into_iter().map(line).collect();
            if json {
                return output::json(&lines);
            }
            let row = |line: &Line| vec![line.id.to_string(), line.name.clone()];
            output::table(&["ID", "NAME"], &lines.iter().map(row).collect::<Vec<_>>());
        }
        AppPasswordCommand::Revoke { user, id } => {
            accounts.revoke_app_password(&user.parse()?, AppPasswordId(id)).await?;
            println!("App password {id} of {user} was revoked.");
        }
    }
    Ok(())
}
