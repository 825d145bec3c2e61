//! What a traced server did to its files, and what it told its clients, in order.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::arguments::{self, Value};
use crate::failure::{Context as _, Result, ensure, fail};

/// The system calls that can change files, or that are needed to follow those.
///
/// A call that changes a file in a way that is not followed here makes the trace fail.
const CALLS: &str = "open,openat,openat2,creat,close,dup,dup2,dup3,fcntl,lseek,\
    write,writev,pwrite64,pwritev,pwritev2,truncate,ftruncate,fallocate,copy_file_range,\
    sendfile,splice,mmap,io_uring_setup,fsync,fdatasync,msync,\
    rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,\
    mkdir,mkdirat,rmdir,mknod,mknodat,accept4,recvfrom,sendto,sendmsg";

/// The longest string that strace writes in full.
const LONGEST: u64 = 1 << 24;

/// The command line of a tracer that the traced program's is appended to. The program stays
/// the child of the caller (`-D`), so that it can be killed as without a tracer.
pub(super) fn tracer(output: &Path) -> Result<Vec<String>> {
    let output = output.to_str().context("the path of the trace is not UTF-8")?;
    let words = ["strace", "-D", "-f", "-q", "--seccomp-bpf", "-e", "signal=none", "-e"];
    let mut words: Vec<String> = words.map(str::to_owned).to_vec();
    words.push(format!("trace={CALLS}"));
    words.extend(["-s".into(), LONGEST.to_string(), "-o".into(), output.to_owned()]);
    Ok(words)
}

/// Something that happened, in the order of the trace.
#[derive(Debug)]
pub(super) enum Event {
    /// A file or folder was opened, and made if it was not there.
    Opened {
        fd: i64,
        path: String,
        create: bool,
        truncate: bool,
    },
    /// The handle is the same as another one.
    Duplicated {
        from: i64,
        to: i64,
    },
    Closed {
        fd: i64,
    },
    /// At an offset, or where the handle stands.
    Wrote {
        fd: i64,
        at: Option<u64>,
        bytes: Vec<u8>,
    },
    Sought {
        fd: i64,
        to: u64,
    },
    Resized {
        fd: i64,
        length: u64,
    },
    Punched {
        fd: i64,
        at: u64,
        length: u64,
    },
    /// Everything that had ended at the line `since` is durable.
    Flushed {
        fd: i64,
        since: usize,
    },
    Renamed {
        from: String,
        to: String,
    },
    Linked {
        from: String,
        to: String,
    },
    Removed {
        path: String,
    },
    MadeFolder {
        path: String,
    },
    /// Memory that is shared with a file can be written without a system call.
    Mapped {
        fd: i64,
    },
    /// A client was told that its request succeeded.
    Answered {
        number: String,
    },
}

/// An event, and the line of the trace at which it had happened.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) event: Event,
}

/// A call that has begun.
struct Begun {
    line: usize,
    text: Vec<u8>,
}

/// Reads a trace. `header` is the name of the header that numbers requests.
pub(super) fn read(path: &Path, header: &str) -> Result<Vec<Step>> {
    let file = std::fs::File::open(path).context(path.display())?;
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let mut follower = Follower::new(header);
    let mut line = Vec::new();
    for number in 0.. {
        line.clear();
        if reader.read_until(b'\n', &mut line).context(path.display())? == 0 {
            break;
        }
        // A trace whose program was killed may end within a line.
        if line.pop() == Some(b'\n') {
            follower.line(number, &line).context(format!("line {}", number + 1))?;
        }
    }
    Ok(follower.steps)
}

struct Follower {
    header: String,
    begun: HashMap<u64, Begun>,
    /// The folders that handles stand for, and the request that came last on a socket.
    folders: HashMap<i64, String>,
    sockets: HashMap<i64, Option<String>>,
    steps: Vec<Step>,
}

impl Follower {
    fn new(header: &str) -> Self {
        Self {
            header: format!("{header}: "),
            begun: HashMap::new(),
            folders: HashMap::new(),
            sockets: HashMap::new(),
            steps: Vec::new(),
        }
    }

    fn line(&mut self, number: usize, line: &[u8]) -> Result<()> {
        const UNFINISHED: &[u8] = b" <unfinished ...>";
        let space = line.iter().position(|byte| *byte == b' ').context("no thread")?;
        let thread = std::str::from_utf8(&line[..space]).unwrap_or_default();
        let thread: u64 = thread.parse().context("the thread")?;
        let text = line[space..].trim_ascii_start();
        if text.starts_with(b"+++") || text.starts_with(b"---") {
            return Ok(());
        }
        if let Some(rest) = text.strip_prefix(b"<... ") {
            let at = find(rest, b" resumed>").context("a call that goes on")?;
            let Some(mut begun) = self.begun.remove(&thread) else { fail!("it did not begin") };
            begun.text.extend_from_slice(&rest[at + b" resumed>".len()..]);
            return self.ended(begun.line, number, &begun.text);
        }
        if let Some(text) = text.strip_suffix(UNFINISHED) {
            self.begins(number, text)?;
            self.begun.insert(thread, Begun { line: number, text: text.to_vec() });
            return Ok(());
        }
        self.begins(number, text)?;
        self.ended(number, number, text)
    }

    /// What counts from when a call begins: an answer is told, a handle is given back.
    fn begins(&mut self, line: usize, text: &[u8]) -> Result<()> {
        let (name, rest) = name(text)?;
        match name {
            "close" => {
                let Some(fd) = arguments::read(rest)?.first().map(Value::number).transpose()?
                else {
                    return Ok(());
                };
                self.folders.remove(&fd);
                self.sockets.remove(&fd);
                self.step(line, Event::Closed { fd });
            }
            "write" | "writev" | "sendto" | "sendmsg" => {
                let values = arguments::read(rest)?;
                let [fd, content, ..] = values.as_slice() else { return Ok(()) };
                let Some(request) = self.sockets.get_mut(&fd.number()?) else { return Ok(()) };
                let content = content.bytes();
                let success = content.starts_with(b"HTTP/1.1 2");
                if let Some(number) = request.take_if(|_| content.starts_with(b"HTTP/1.1 "))
                    && success
                {
                    self.step(line, Event::Answered { number });
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn ended(&mut self, begun: usize, line: usize, text: &[u8]) -> Result<()> {
        let (name, rest) = name(text)?;
        let Some(result) = result(text) else { return Ok(()) };
        let v = arguments::read(rest)?;
        let value = |n: usize| v.get(n).context(format!("{name}: too few arguments"));
        let fd = || value(0)?.number();
        match name {
            "open" | "openat" | "creat" => {
                let first = usize::from(name == "openat");
                let path =
                    if first == 1 { self.path(value(0)?, value(1)?) } else { value(0)?.text() };
                let flags = v.get(first + 1).map(Value::word).unwrap_or_default();
                let has = |flag: &str| name == "creat" || flags.split('|').any(|f| f == flag);
                self.folders.insert(result, path.clone());
                let (create, truncate) = (has("O_CREAT"), has("O_TRUNC"));
                self.step(line, Event::Opened { fd: result, path, create, truncate });
            }
            "dup" | "dup2" | "dup3" => self.duplicated(line, fd()?, result),
            "fcntl" if value(1)?.word().starts_with("F_DUPFD") => {
                self.duplicated(line, fd()?, result);
            }
            "lseek" => {
                let to = u64::try_from(result).context("a negative offset")?;
                self.step(line, Event::Sought { fd: fd()?, to });
            }
            "write" | "writev" if !self.sockets.contains_key(&fd()?) => {
                self.wrote(line, fd()?, None, value(1)?.bytes(), result);
            }
            "pwrite64" => {
                let at = value(3)?.offset()?;
                self.wrote(line, fd()?, Some(at), value(1)?.bytes(), result);
            }
            "pwritev" | "pwritev2" => {
                let at = value(3)?.offset()?;
                self.wrote(line, fd()?, Some(at), value(1)?.bytes(), result);
            }
            "ftruncate" => {
                self.step(line, Event::Resized { fd: fd()?, length: value(1)?.offset()? });
            }
            "fallocate" if value(1)?.word().contains("FALLOC_FL_PUNCH_HOLE") => {
                let (at, length) = (value(2)?.offset()?, value(3)?.offset()?);
                self.step(line, Event::Punched { fd: fd()?, at, length });
            }
            // Reserving room changes nothing that can be read, if the length stays.
            "fallocate" => ensure!(value(1)?.word() == "FALLOC_FL_KEEP_SIZE", "fallocate grows"),
            "fsync" | "fdatasync" => self.step(line, Event::Flushed { fd: fd()?, since: begun }),
            "mmap" => {
                let shared = value(3)?.word().contains("MAP_SHARED");
                let writes = value(2)?.word().contains("PROT_WRITE");
                if shared && writes && value(4)?.number()? >= 0 {
                    self.step(line, Event::Mapped { fd: value(4)?.number()? });
                }
            }
            "rename" | "link" => self.moved(line, name, value(0)?.text(), value(1)?.text()),
            "renameat" | "renameat2" | "linkat" => {
                let from = self.path(value(0)?, value(1)?);
                let to = self.path(value(2)?, value(3)?);
                self.moved(line, name, from, to);
            }
            "unlink" | "rmdir" => self.step(line, Event::Removed { path: value(0)?.text() }),
            "unlinkat" => {
                let path = self.path(value(0)?, value(1)?);
                self.step(line, Event::Removed { path });
            }
            "mkdir" => self.step(line, Event::MadeFolder { path: value(0)?.text() }),
            "mkdirat" => {
                let path = self.path(value(0)?, value(1)?);
                self.step(line, Event::MadeFolder { path });
            }
            "accept4" => {
                self.folders.remove(&result);
                self.sockets.insert(result, None);
            }
            "recvfrom" => {
                let Some(request) = self.sockets.get_mut(&fd()?) else { return Ok(()) };
                let head = value(1)?.text();
                if let Some((_, rest)) = head.split_once(&self.header) {
                    *request = rest.split("\r\n").next().map(str::to_owned);
                }
            }
            "fcntl" | "close" | "sendto" | "sendmsg" | "write" | "writev" | "msync" => {}
            // Copies within the kernel, and whatever else is not followed.
            other => fail!("the server calls {other}, which is not followed"),
        }
        Ok(())
    }

    fn step(&mut self, line: usize, event: Event) {
        self.steps.push(Step { line, event });
    }

    fn duplicated(&mut self, line: usize, from: i64, to: i64) {
        if let Some(path) = self.folders.get(&from).cloned() {
            self.folders.insert(to, path);
        }
        self.step(line, Event::Duplicated { from, to });
    }

    fn wrote(&mut self, line: usize, fd: i64, at: Option<u64>, mut bytes: Vec<u8>, result: i64) {
        // A write may be shorter than was asked for.
        bytes.truncate(usize::try_from(result).unwrap_or(0));
        self.step(line, Event::Wrote { fd, at, bytes });
    }

    fn moved(&mut self, line: usize, name: &str, from: String, to: String) {
        let event = match name.starts_with("rename") {
            true => Event::Renamed { from, to },
            false => Event::Linked { from, to },
        };
        self.step(line, event);
    }

    /// A path relative to the folder of a handle.
    fn path(&self, folder: &Value, path: &Value) -> String {
        let path = path.text();
        let folder = folder.number().ok().and_then(|fd| self.folders.get(&fd));
        match folder {
            Some(folder) if !path.starts_with('/') => format!("{folder}/{path}"),
            _ => path,
        }
    }
}

/// The name of a call, and what follows its parenthesis.
fn name(text: &[u8]) -> Result<(&str, &[u8])> {
    let at = text.iter().position(|byte| *byte == b'(').context("no call")?;
    Ok((std::str::from_utf8(&text[..at]).unwrap_or_default(), &text[at + 1..]))
}

/// What a call returned; none if it failed or never did.
fn result(text: &[u8]) -> Option<i64> {
    let at = text.windows(3).rposition(|window| window == b" = ")?;
    let rest = std::str::from_utf8(&text[at + 3..]).ok()?;
    let word = rest.split(' ').next()?;
    let number = match word.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok()?,
        None => word.parse().ok()?,
    };
    (number >= 0).then_some(number)
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(lines: &[&str]) -> Vec<String> {
        let mut follower = Follower::new("X-Number");
        for (number, line) in lines.iter().enumerate() {
            follower.line(number, line.as_bytes()).unwrap();
        }
        follower.steps.iter().map(|step| format!("{} {:?}", step.line, step.event)).collect()
    }

    #[test]
    fn calls_of_two_threads_are_put_together() {
        let lines = [
            r#"7 openat(AT_FDCWD, "/d", O_RDONLY|O_DIRECTORY) = 3"#,
            r#"7 openat(3, "a", O_RDWR|O_CREAT|O_CLOEXEC, 0600 <unfinished ...>"#,
            r#"8 fsync(9 <unfinished ...>"#,
            r#"7 <... openat resumed>)           = 4"#,
            r#"7 pwrite64(4, "\0x", 2, 10)       = 2"#,
            r#"8 <... fsync resumed>)            = 0"#,
            r#"8 unlink("/d/b")                  = -1 ENOENT (No such file or directory)"#,
            r#"7 +++ killed by SIGKILL +++"#,
        ];
        let expected = [
            r#"0 Opened { fd: 3, path: "/d", create: false, truncate: false }"#,
            r#"3 Opened { fd: 4, path: "/d/a", create: true, truncate: false }"#,
            r#"4 Wrote { fd: 4, at: Some(10), bytes: [0, 120] }"#,
            r#"5 Flushed { fd: 9, since: 2 }"#,
        ];
        assert_eq!(events(&lines), expected);
    }

    #[test]
    fn an_answer_counts_from_where_it_begins() {
        let lines = [
            r#"7 accept4(5, NULL, NULL, SOCK_CLOEXEC) = 6"#,
            r#"7 recvfrom(6, "PUT /a HTTP/1.1\r\nX-Number: 0-3\r\n\r\n", 8192, 0, NULL, NULL) = 40"#,
            r#"7 writev(6, [{iov_base="HTTP/1.1 201 Created\r\n", iov_len=22}], 1 <unfinished ...>"#,
            r#"7 <... writev resumed>)           = 22"#,
            r#"7 recvfrom(6, "PUT /b HTTP/1.1\r\nX-Number: 0-4\r\n\r\n", 8192, 0, NULL, NULL) = 40"#,
            r#"7 sendto(6, "HTTP/1.1 507 Full\r\n", 19, MSG_NOSIGNAL, NULL, 0) = 19"#,
            r#"7 close(6)                        = 0"#,
        ];
        let expected = [r#"2 Answered { number: "0-3" }"#, "6 Closed { fd: 6 }"];
        assert_eq!(events(&lines), expected);
    }

    #[test]
    fn a_call_that_is_not_followed_is_a_failure() {
        let mut follower = Follower::new("X");
        assert!(follower.line(0, b"7 copy_file_range(1, NULL, 2, NULL, 5, 0) = 5").is_err());
    }
}
