//! What can be said on the command line.

use std::path::PathBuf;

use allmende_types::Stream;
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Write events to standard output, one JSON object a line.
    ///
    /// Each line has id, stream, seq (the number in the stream, without gaps), at (RFC 3339),
    /// kind, actor, address, agent, node {space, id, parent, name, type, from} and details.
    Export(Export),
    /// Look for events that are missing; ends with 0 if there are none
    Verify(Verify),
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Only this stream: accounts, sharing, space:N or reads:N (may be repeated)
    #[arg(long = "stream", value_name = "STREAM")]
    pub(crate) streams: Vec<Stream>,
    /// Go on where the last export with this file ended; it is written when all is out
    #[arg(long, value_name = "FILE")]
    pub(crate) cursor: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Verify {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
