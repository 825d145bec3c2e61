//! What the figures depend on: the disk, the processors, the memory of a process.

use std::{
    fs::File,
    io::Write,
    os::unix::fs::FileExt,
    path::Path,
    time::{Duration, Instant},
};

use crate::Failure;

/// Prints what the figures of this run depend on.
pub(crate) fn describe() -> Result<(), Failure> {
    let processors = std::thread::available_parallelism()?;
    let load = std::fs::read_to_string("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    let flush = flush_time()?;
    println!("machine: {processors} processors, load {load}, a flush of 4 KiB takes {flush:.2?}");
    Ok(())
}

/// The median time in which 4 KiB become durable inside a file that has its room.
fn flush_time() -> Result<Duration, Failure> {
    let file = tempfile::tempfile()?;
    file.write_all_at(&[1; 64 * 4096], 0)?;
    file.sync_all()?;
    let mut times = Vec::new();
    for page in 0..64 {
        let started = Instant::now();
        file.write_all_at(&[2; 4096], page * 4096)?;
        rustix::fs::fdatasync(&file)?;
        times.push(started.elapsed());
    }
    Ok(median(&mut times))
}

pub(crate) fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The processor time of this process, server and generator together, in steps of 10 ms.
pub(crate) fn processor_time() -> Result<Duration, Failure> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    // The second field, a name in brackets, may hold blanks.
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
    let (user, system) = (ticks(12).unwrap_or_default(), ticks(13).unwrap_or_default());
    Ok(Duration::from_millis(10 * (user + system)))
}

/// Resident memory of a process in KiB: now, and the most since [`forget_peak`].
pub(crate) fn memory(process: u32) -> Result<(u64, u64), Failure> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    };
    Ok((field("VmRSS:").unwrap_or(0), field("VmHWM:").unwrap_or(0)))
}

/// Makes the present memory of a process its peak.
pub(crate) fn forget_peak(process: u32) -> Result<(), Failure> {
    Ok(std::fs::write(format!("/proc/{process}/clear_refs"), "5")?)
}

/// How long the disk itself takes for a new file of so many MiB, flushed at the end.
pub(crate) fn write_plainly(path: &Path, mib: u64) -> Result<Duration, Failure> {
    let block = vec![0x5a; 1 << 20];
    let started = Instant::now();
    let mut file = File::create(path)?;
    for _ in 0..mib {
        file.write_all(&block)?;
    }
    file.sync_all()?;
    Ok(started.elapsed())
}
