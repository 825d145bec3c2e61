//! What the crates claim of their speed, measured in one run.
//!
//! `cargo run --release -p allmende-benches` runs every subject;
//! `cargo run --release -p allmende-benches -- listing put` runs these two. Ratios hold on
//! any machine; the absolute figures beside them belong to the machine whose figures are
//! printed first. Nothing here is a test: a busy machine makes nothing fail.
//!
//! The environment sets the sizes: `ALLMENDE_BENCH_LARGE` (MiB of the large file, 1024 if
//! unset), `ALLMENDE_BENCH_TREE` (files in the tree of `start`, 100000 if unset).
//!
//! `cargo run --release -p allmende-benches --features heap -- heap` counts what a listing
//! allocates.

mod child;
mod client;
mod drive;
mod fill;
mod machine;
mod requests;
mod rig;
mod subjects;

use std::process::ExitCode;

/// The one of the server's binary.
#[cfg(not(feature = "heap"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// One that counts.
#[cfg(feature = "heap")]
#[global_allocator]
static ALLOCATOR: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;

/// Whatever ends a subject.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((first, [directory])) if first == child::COMMAND => child::serve(directory),
        _ => run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(wanted: &[String]) -> Result<(), Failure> {
    if let Some(unknown) = wanted.iter().find(|name| !subjects::ALL.iter().any(|s| s.0 == **name)) {
        let names: Vec<&str> = subjects::ALL.iter().map(|subject| subject.0).collect();
        return Err(
            format!("there is no subject {unknown}; there are: {}", names.join(", ")).into()
        );
    }
    machine::describe()?;
    for (name, subject) in subjects::ALL {
        if wanted.is_empty() || wanted.iter().any(|one| one == name) {
            println!("\n{name}");
            subject()?;
        }
    }
    Ok(())
}
