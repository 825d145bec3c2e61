//! `allmende trash …`.

use allmende_server::Databases;
use allmende_storage::Tree;
use allmende_types::UserId;

use crate::{Failure, arguments::TrashCommand, people::now};

/// Runs a command on what people have thrown away.
pub(crate) async fn run(databases: &Databases, command: TrashCommand) -> Result<(), Failure> {
    let TrashCommand::Empty { users } = command;
    for id in users {
        let id: UserId = id.parse()?;
        if databases.accounts.person(&id).await?.is_none() {
            return Err(format!("there is nobody called {id}").into());
        }
        let tree: &dyn Tree = &*databases.tree;
        let removed = allmende_files::empty_home_trash(tree, &id, now()).await?;
        println!("{removed} things were removed from the trash of {id}.");
    }
    Ok(())
}
