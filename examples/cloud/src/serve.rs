//! `allmende serve`.

use allmende_accounts::Ensured;
use allmende_server::{Config, FirstAdministrator, Server, Trigger, start_log, stop_signal};

use crate::{Failure, people::generate_password};

/// Serves until the process is asked to stop.
pub(crate) async fn run(config: Config) -> Result<(), Failure> {
    start_log(&config.log)?;
    let data = config.data.clone();
    let https = config.tls.is_some();
    let server = Server::open(config).await?;

    let preset = std::env::var("ALLMENDE_ADMIN_PASSWORD").ok();
    let generated = preset.is_none();
    let first = FirstAdministrator {
        name: std::env::var("ALLMENDE_ADMIN_USER").unwrap_or_else(|_| "admin".into()),
        password: match preset {
            Some(password) => password,
            None => generate_password()?,
        },
    };
    let ensured = server.ensure_administrator(&first).await?;

    let scheme = if https { "https" } else { "http" };
    println!("Allmende serves {scheme}://{} from {}", server.address()?, data.display());
    if ensured == Ensured::Created {
        println!("Administrator: {}", first.name);
        if generated {
            println!("Password:      {}", first.password);
            println!("The password is shown this once; change it with `allmende user password`.");
        }
    }

    let (trigger, shutdown) = Trigger::new();
    tokio::spawn(async move {
        if let Err(error) = stop_signal().await {
            tracing::error!(%error, "signals cannot be watched");
        }
        tracing::info!("stopping: no new connections, running requests finish");
        trigger.stop();
    });
    server.run(shutdown).await?;
    tracing::info!("stopped");
    Ok(())
}
