//! What the query of a request for a picture says.

use allmende_previews::{Aspect, Mode, Wanted};

/// The parameters, as the original reads them: numbers and truth from any text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// `fileId`.
    pub(super) id: Option<String>,
    /// `file`: a path.
    pub(super) file: Option<String>,
    /// `version`: the number of a version.
    pub(super) version: Option<i64>,
    /// The size; none for one that cannot be.
    pub(super) wanted: Option<Wanted>,
    /// What is tried of a file of which no picture is likely (`forceIcon`).
    pub(super) unlikely: Unlikely,
    /// What is answered instead of a picture (`mimeFallback`).
    pub(super) instead: Instead,
}

/// What becomes of files whose media type has no pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unlikely {
    /// They are answered as any other without a picture.
    Try,
    /// They are not found.
    Refuse,
}

/// What is answered where there is no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Instead {
    Nothing,
    /// The way to the icon of the media type.
    Icon,
}

impl Asked {
    pub(super) fn of(query: &str) -> Self {
        let (mut width, mut height) = (32, 32);
        let (mut aspect, mut mode) = (Aspect::Crop, Mode::Fill);
        let mut asked = Self {
            id: None,
            file: None,
            version: None,
            wanted: None,
            unlikely: Unlikely::Try,
            instead: Instead::Nothing,
        };
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "fileId" => asked.id = Some(value.into_owned()),
                "file" => asked.file = Some(value.into_owned()),
                "version" => asked.version = value.parse().ok(),
                "x" => width = length(&value),
                "y" => height = length(&value),
                "a" => aspect = if is_true(&value) { Aspect::Keep } else { Aspect::Crop },
                "mode" => mode = if value == "cover" { Mode::Cover } else { Mode::Fill },
                "forceIcon" if !is_true(&value) => asked.unlikely = Unlikely::Refuse,
                "mimeFallback" if is_true(&value) => asked.instead = Instead::Icon,
                _ => {}
            }
        }
        asked.wanted = Wanted::new(width, height).map(|mut wanted| {
            (wanted.aspect, wanted.mode) = (aspect, mode);
            wanted
        });
        asked
    }
}

/// A width or height; 0 for what is none. As in the original, -1 is all that there is.
pub(super) fn length(text: &str) -> u32 {
    if text == "-1" { Wanted::MAX } else { text.parse().unwrap_or_default() }
}

fn is_true(text: &str) -> bool {
    !matches!(text, "" | "0" | "false" | "False" | "FALSE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read() {
        let asked = Asked::of("fileId=7&x=64&y=5000&a=1&mode=cover&forceIcon=0&mimeFallback=true");
        let mut wanted = Wanted::new(64, 4096).unwrap();
        (wanted.aspect, wanted.mode) = (Aspect::Keep, Mode::Cover);
        assert_eq!(
            asked,
            Asked {
                id: Some("7".into()),
                file: None,
                version: None,
                wanted: Some(wanted),
                unlikely: Unlikely::Refuse,
                instead: Instead::Icon,
            }
        );
        let plain = Asked::of("file=%2Fd%2Fa.png&a=false&mimeFallback=0&forceIcon=1");
        assert_eq!((plain.file.as_deref(), plain.wanted), (Some("/d/a.png"), Wanted::new(32, 32)));
        assert_eq!((plain.unlikely, plain.instead), (Unlikely::Try, Instead::Nothing));
        assert_eq!(Asked::of("file=/a&version=1500000000").version, Some(1_500_000_000));
        assert_eq!(Asked::of("file=/a&version=junk").version, None);
        assert_eq!(Asked::of("x=-1&y=-1").wanted, Wanted::new(4096, 4096));
        for none in ["x=0", "y=", "x=junk", "y=-2", "x=99999999999"] {
            assert_eq!(Asked::of(none).wanted, None, "{none}");
        }
    }
}
