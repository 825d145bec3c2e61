//! Child processes: logged, limited in time, never left behind.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::failure::{Context as _, Failure, Result, ensure, fail};

/// The log of one check, to which every command it runs writes.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    /// Starts an empty log.
    pub(crate) fn create(path: PathBuf) -> Result<Self> {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).context(parent.display())?;
        }
        File::create(&path).context(path.display())?;
        // Appending, because children write to the same file through handles of their own.
        let file = OpenOptions::new().append(true).open(&path).context(path.display())?;
        Ok(Self { path, file })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a line of our own; a log that cannot be written must not hide the check's result.
    pub(crate) fn line(&self, text: impl AsRef<str>) {
        let _ = writeln!(&self.file, "{}", text.as_ref());
    }

    /// A handle for a child's output.
    pub(crate) fn sink(&self) -> Result<Stdio> {
        Ok(Stdio::from(self.file.try_clone().context("log")?))
    }

    /// The last lines, for the terminal.
    pub(crate) fn tail(&self, lines: usize) -> String {
        let bytes = std::fs::read(&self.path).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// What it wrote to both of its outputs, in order.
    pub(crate) output: String,
}

/// One command to run: a builder whose every run is logged and limited.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    log: &'a Log,
    command: Command,
    limit: Duration,
    input: Vec<u8>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(log: &'a Log, program: impl AsRef<OsStr>) -> Self {
        let command = Command::new(program);
        Self { log, command, limit: Duration::from_secs(120), input: Vec::new() }
    }

    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(key, value);
        self
    }

    pub(crate) fn envs<'v>(mut self, values: impl IntoIterator<Item = (&'v str, String)>) -> Self {
        self.command.envs(values);
        self
    }

    pub(crate) fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// The time after which the command and everything it started is killed.
    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// What the command reads from its standard input.
    pub(crate) fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Runs the command and demands success.
    pub(crate) fn run(self) -> Result<String> {
        let name = describe(&self.command);
        let ended = self.attempt()?;
        ensure!(ended.status.success(), "`{name}` ended with {}", ended.status);
        Ok(ended.output)
    }

    /// Runs the command; its exit status is the caller's to judge. Exceeding the limit fails.
    pub(crate) fn attempt(self) -> Result<Ended> {
        self.start()?.wait()
    }

    /// Starts the command and leaves it running.
    pub(crate) fn start(mut self) -> Result<Running> {
        let name = describe(&self.command);
        self.log.line(format!("\n$ {name}"));
        let (mut reader, writer) = std::io::pipe().context("pipe")?;
        self.command
            .stdin(Stdio::piped())
            .stdout(writer.try_clone().context("pipe")?)
            .stderr(writer)
            // A group of its own, so that a limit ends the grandchildren too.
            .process_group(0);
        let mut child = self.command.spawn().context(format!("cannot start `{name}`"))?;
        // The command holds the writing ends; while it lives, the pipe would never end.
        drop(self.command);
        let stdin = child.stdin.take();
        let input = self.input;
        std::thread::spawn(move || {
            if let Some(mut stdin) = stdin {
                // A command that does not read its input closes it early; its status tells.
                let _ = stdin.write_all(&input);
            }
        });
        let mut file = self.log.file.try_clone().context("log")?;
        let output = std::thread::spawn(move || {
            let mut all = Vec::new();
            let mut buffer = [0_u8; 8192];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                let _ = file.write_all(&buffer[..read]);
                all.extend_from_slice(&buffer[..read]);
            }
            String::from_utf8_lossy(&all).into_owned()
        });
        Ok(Running {
            name,
            child: Some(child),
            output: Some(output),
            end: Instant::now() + self.limit,
            limit: self.limit,
        })
    }
}

/// A command that runs in the background; dropping it kills it with all it started.
#[derive(Debug)]
pub(crate) struct Running {
    name: String,
    child: Option<Child>,
    output: Option<std::thread::JoinHandle<String>>,
    end: Instant,
    limit: Duration,
}

impl Running {
    /// Waits for the end within the limit.
    pub(crate) fn wait(mut self) -> Result<Ended> {
        let Some(child) = self.child.as_mut() else { fail!("`{}` was not started", self.name) };
        let status = loop {
            if let Some(status) = child.try_wait().context(&self.name)? {
                break status;
            }
            if Instant::now() > self.end {
                fail!("`{}` did not end within {} s", self.name, self.limit.as_secs());
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        // What the command left running would keep the pipe open for ever.
        kill_group(child);
        self.child = None;
        let output = match self.output.take() {
            Some(thread) => thread.join().map_err(|_| Failure::new("output reader panicked"))?,
            None => String::new(),
        };
        Ok(Ended { status, output })
    }

    /// Whether the command has ended by itself.
    pub(crate) fn ended(&mut self) -> Result<bool> {
        match self.child.as_mut() {
            Some(child) => Ok(child.try_wait().context(&self.name)?.is_some()),
            None => Ok(true),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = self.child.as_mut() {
            kill_group(child);
            let _ = child.wait();
        }
    }
}

fn kill_group(child: &Child) {
    let pid = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // Fails only if nothing of the group is left, which is what is wanted.
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
}

/// The command line as a person would type it.
fn describe(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for arg in command.get_args() {
        text.push(' ');
        text.push_str(&arg.to_string_lossy());
    }
    text
}

/// Looks a program up in `PATH` and in the folders for system administration.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/local/sbin"].map(PathBuf::from))
        .map(|dir| dir.join(name))
        .find(|candidate| candidate.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> (tempfile::TempDir, Log) {
        let dir = tempfile::tempdir().unwrap();
        let log = Log::create(dir.path().join("x.log")).unwrap();
        (dir, log)
    }

    #[test]
    fn output_of_both_streams_is_returned_and_logged() {
        let (_dir, log) = log();
        let output =
            Call::new(&log, "sh").args(["-c", "cat; echo err >&2"]).input("in\n").run().unwrap();
        assert_eq!(output, "in\nerr\n");
        assert!(log.tail(10).ends_with("in\nerr"));
    }

    #[test]
    fn a_failing_command_is_a_failure() {
        let (_dir, log) = log();
        let failure = Call::new(&log, "sh").args(["-c", "exit 3"]).run().unwrap_err();
        assert_eq!(failure.to_string(), "`sh -c exit 3` ended with exit status: 3");
    }

    #[test]
    fn the_limit_ends_a_command_and_its_children() {
        let (_dir, log) = log();
        let started = Instant::now();
        let failure = Call::new(&log, "sh")
            .args(["-c", "sleep 60 & sleep 60"])
            .limit(Duration::from_millis(100))
            .run()
            .unwrap_err();
        assert!(failure.to_string().contains("did not end within"), "{failure}");
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn what_a_command_leaves_behind_does_not_block() {
        let (_dir, log) = log();
        let started = Instant::now();
        Call::new(&log, "sh").args(["-c", "sleep 60 & echo done"]).run().unwrap();
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}
