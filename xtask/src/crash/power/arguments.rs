//! The arguments of a system call, as strace writes them.

use crate::failure::{Context as _, Result, ensure, fail};

/// One argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// A number, a flag, a pointer: whatever is no string and no list.
    Word(String),
    Text(Vec<u8>),
    List(Vec<Value>),
    /// The values of a structure; their names are of no matter here.
    Record(Vec<Value>),
}

impl Value {
    pub(super) fn number(&self) -> Result<i64> {
        match self {
            Self::Word(word) => word.parse().context(format!("not a number: {word}")),
            other => fail!("not a number: {other:?}"),
        }
    }

    pub(super) fn offset(&self) -> Result<u64> {
        u64::try_from(self.number()?).context("a negative offset")
    }

    pub(super) fn word(&self) -> &str {
        match self {
            Self::Word(word) => word,
            _ => "",
        }
    }

    /// The bytes of a string, or of a list of pieces as `writev` has it.
    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(bytes) => bytes.clone(),
            Self::List(pieces) | Self::Record(pieces) => {
                pieces.iter().flat_map(Self::bytes).collect()
            }
            Self::Word(_) => Vec::new(),
        }
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}

/// Reads arguments up to the parenthesis that closes them, or to the end.
pub(super) fn read(text: &[u8]) -> Result<Vec<Value>> {
    let mut reader = Reader { text, at: 0 };
    reader.values(b')')
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn values(&mut self, end: u8) -> Result<Vec<Value>> {
        let mut values = Vec::new();
        loop {
            while matches!(self.peek(), Some(b',' | b' ')) {
                self.at += 1;
            }
            match self.peek() {
                None => return Ok(values),
                Some(byte) if byte == end => {
                    self.at += 1;
                    return Ok(values);
                }
                Some(_) => values.push(self.value(end)?),
            }
        }
    }

    fn value(&mut self, end: u8) -> Result<Value> {
        match self.peek() {
            Some(b'"') => self.string().map(Value::Text),
            Some(b'[') => {
                self.at += 1;
                self.values(b']').map(Value::List)
            }
            Some(b'{') => {
                self.at += 1;
                self.values(b'}').map(Value::Record)
            }
            _ => self.word(end),
        }
    }

    fn word(&mut self, end: u8) -> Result<Value> {
        let start = self.at;
        let mut depth = 0;
        while let Some(byte) = self.peek() {
            match byte {
                b'(' => depth += 1,
                b')' if depth > 0 => depth -= 1,
                b',' if depth == 0 => break,
                // The name of a structure's field stands before its value.
                b'=' if end == b'}' && depth == 0 => {
                    self.at += 1;
                    return self.value(end);
                }
                byte if byte == end && depth == 0 => break,
                _ => {}
            }
            self.at += 1;
        }
        Ok(Value::Word(String::from_utf8_lossy(&self.text[start..self.at]).into_owned()))
    }

    fn string(&mut self) -> Result<Vec<u8>> {
        self.at += 1;
        let mut bytes = Vec::new();
        loop {
            let byte = self.peek().context("a string without an end")?;
            self.at += 1;
            match byte {
                b'"' => break,
                b'\\' => bytes.push(self.escape()?),
                byte => bytes.push(byte),
            }
        }
        ensure!(!self.text[self.at..].starts_with(b"..."), "a string that was cut");
        Ok(bytes)
    }

    fn escape(&mut self) -> Result<u8> {
        let byte = self.peek().context("an escape without an end")?;
        self.at += 1;
        Ok(match byte {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'v' => 0x0b,
            b'f' => 0x0c,
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(next @ b'0'..=b'7') = self.peek() else { break };
                    value = value * 8 + u32::from(next - b'0');
                    self.at += 1;
                }
                u8::try_from(value).context("an escape beyond a byte")?
            }
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Value {
        Value::Word(text.to_owned())
    }

    #[test]
    fn arguments_are_read_as_strace_writes_them() {
        let read_text = |text: &str| read(text.as_bytes()).unwrap();
        assert_eq!(
            read_text(r#"20, "\0\"a\\\n\3771\1772", 24, 32) = 24"#),
            [word("20"), Value::Text(b"\0\"a\\\n\xff1\x7f2".to_vec()), word("24"), word("32")]
        );
        assert_eq!(
            read_text(r#"3, [{iov_base="ab", iov_len=2}, {iov_base="c", iov_len=1}], 2) = 3"#)[1]
                .bytes(),
            b"abc"
        );
        assert_eq!(
            read_text(r#"AT_FDCWD, "/x", O_RDWR|O_CREAT, 0644) = 9"#)[2..],
            [word("O_RDWR|O_CREAT"), word("0644")]
        );
        // A call that has not ended yet.
        assert_eq!(read_text("12, "), [word("12")]);
        assert_eq!(read_text("12, makedev(0x1, 0x3), 5) = 0").len(), 3);
        assert!(read(br#"1, "abc"..., 3) = 3"#).is_err());
    }
}
