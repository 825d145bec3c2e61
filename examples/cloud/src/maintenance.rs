//! `allmende maintenance …`.

use allmende_accounts::Maintenance;
use allmende_server::Databases;

use crate::{
    Failure,
    arguments::{self, Switch},
};

/// Begins or ends maintenance, or tells which it is.
pub(crate) async fn run(
    databases: &Databases,
    options: arguments::Maintenance,
) -> Result<(), Failure> {
    let accounts = &databases.accounts;
    match options.switch {
        Some(switch) => {
            let on = switch == Switch::On;
            let maintenance = if on { Maintenance::On } else { Maintenance::Off };
            accounts.set_maintenance(maintenance).await?;
            println!("Maintenance is {}; servers follow within 3 seconds.", word(maintenance));
        }
        None => println!("Maintenance is {}.", word(accounts.maintenance().await?)),
    }
    Ok(())
}

fn word(maintenance: Maintenance) -> &'static str {
    match maintenance {
        Maintenance::On => "on",
        Maintenance::Off => "off",
    }
}
