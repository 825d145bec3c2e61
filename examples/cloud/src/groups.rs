//! `allmende group …`.

use allmende_accounts::{GroupRole, Page};
use allmende_server::Databases;
use serde::Serialize;

use crate::{Failure, arguments::GroupCommand, output};

#[derive(Serialize)]
struct Line {
    id: String,
    display_name: String,
}

/// Runs a command on groups.
pub(crate) async fn run(databases: &Databases, command: GroupCommand) -> Result<(), Failure> {
    let accounts = &databases.accounts;
    match command {
        GroupCommand::Add { id, display_name } => {
            accounts.create_group(&id.parse()?, &display_name).await?;
            println!("{id} was created.");
        }
        GroupCommand::List { search, json } => {
            let groups = accounts.groups(&search, Page::default()).await?;
            let lines: Vec<Line> = groups
                .into_iter()
                .map(|group| Line { id: group.id.to_string(), display_name: group.display_name })
                .collect();
            if json {
                return output::json(&lines);
            }
            let row = |line: &Line| vec![line.id.clone(), line.display_name.clone()];
            output::table(&["ID", "NAME"], &lines.iter().map(row).collect::<Vec<_>>());
        }
        GroupCommand::Remove { id } => {
            accounts.remove_group(&id.parse()?).await?;
            println!("{id} was removed.");
        }
        GroupCommand::Join { group, user } => {
            accounts.add_to_group(&group.parse()?, &user.parse()?, GroupRole::Member).await?;
            println!("{user} is a member of {group}.");
        }
        GroupCommand::Leave { group, user } => {
            accounts.remove_from_group(&group.parse()?, &user.parse()?, GroupRole::Member).await?;
            println!("{user} is no member of {group}.");
        }
    }
    Ok(())
}
