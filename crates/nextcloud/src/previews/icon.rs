//! Icons of media types, for files of which no picture can be made.

/// The icon of a kind of media types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    Application,
    Audio,
    Image,
    Text,
    Video,
}

impl Icon {
    const ALL: [Self; 5] = [Self::Application, Self::Audio, Self::Image, Self::Text, Self::Video];

    /// The icon of a media type; none if its kind has none.
    pub(crate) fn of(media_type: &str) -> Option<Self> {
        let kind = media_type.split_once('/')?.0;
        Self::ALL.into_iter().find(|icon| icon.name() == kind)
    }

    /// The icon of a file name, such as `text.svg`.
    pub(crate) fn of_file(file: &str) -> Option<Self> {
        let name = file.strip_suffix(".svg")?;
        Self::ALL.into_iter().find(|icon| icon.name() == name)
    }

    /// Where it is on the server.
    pub(crate) fn path(self) -> String {
        format!("/core/img/filetypes/{}.svg", self.name())
    }

    pub(crate) const fn svg(self) -> &'static [u8] {
        match self {
            Self::Application => include_bytes!("../../assets/filetypes/application.svg"),
            Self::Audio => include_bytes!("../../assets/filetypes/audio.svg"),
            Self::Image => include_bytes!("../../assets/filetypes/image.svg"),
            Self::Text => include_bytes!("../../assets/filetypes/text.svg"),
            Self::Video => include_bytes!("../../assets/filetypes/video.svg"),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Audio => "audio",
            Self::Image => "image",
            Self::Text => "text",
            Self::Video => "video",
        }
    }
}
