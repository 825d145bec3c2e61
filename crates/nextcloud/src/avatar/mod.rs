//! Pictures of people: the one that they chose, or the first letter of their name on a
//! colour of their own.

mod chosen;

use std::io::Cursor;

use allmende_accounts::Accounts;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use image::{ImageFormat, Rgb, RgbImage, imageops};
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster};
use sha2::{Digest, Sha256};

pub(crate) use self::chosen::{BadPicture, LARGEST, square};
use crate::people::Known;

/// Whether a person chose the picture: 1, or 0 for a drawn one.
const CUSTOM: HeaderName = HeaderName::from_static("x-nc-iscustomavatar");

/// The form of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Png,
    Jpeg,
}

impl Form {
    /// Its media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpeg",
        }
    }
}

/// A picture that is ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    bytes: Bytes,
    etag: String,
    edge: u32,
    form: Form,
    /// Whether the person chose it.
    chosen: bool,
}

impl Picture {
    /// The picture of a person; none if it cannot be looked up or made.
    pub(crate) async fn of(
        accounts: &Accounts,
        person: &Known,
        asked: u32,
        form: Form,
    ) -> Option<Self> {
        let Some(avatar) = accounts.avatar(&person.id).await.ok()? else {
            return Self::drawn(person.id.key(), person.display_name.clone(), asked, form).await;
        };
        let edge = edge(asked);
        let made = tokio::task::spawn_blocking(move || {
            chosen::resized(&avatar.picture, edge, form).map(Bytes::from)
        });
        Some(Self::new(made.await.ok()??, edge, form, true))
    }

    fn new(bytes: Bytes, edge: u32, form: Form, chosen: bool) -> Self {
        let digest = Sha256::digest(&bytes);
        let etag = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        Self { bytes, etag, edge, form, chosen }
    }

    /// The picture of somebody without an account; none if it cannot be made.
    pub(crate) async fn of_guest(name: &str, asked: u32) -> Option<Self> {
        // The mark keeps a guest apart from a person of the same name.
        Self::drawn(format!("guest/{name}"), name.to_owned(), asked, Form::Png).await
    }

    async fn drawn(id: String, name: String, asked: u32, form: Form) -> Option<Self> {
        let edge = edge(asked);
        let drawn = tokio::task::spawn_blocking(move || draw(&id, &name, edge, form));
        Some(Self::new(Bytes::from(drawn.await.ok()??), edge, form, false))
    }

    /// The answer to a request for a guest's picture: 201, as the original has it.
    pub(crate) fn respond_to_guest(self) -> Response<Bytes> {
        let mut response = Response::new(self.bytes);
        *response.status_mut() = StatusCode::CREATED;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.form.media_type()));
        let cache = HeaderValue::from_static("private, max-age=1800, immutable");
        headers.insert(header::CACHE_CONTROL, cache);
        let name = HeaderValue::from_static("inline; filename=\"avatar.png\"");
        headers.insert(header::CONTENT_DISPOSITION, name);
        headers.insert(CUSTOM, HeaderValue::from_static("0"));
        response
    }

    /// The answer to a request with these headers: the picture, or 304.
    pub(crate) fn respond(self, request: &HeaderMap) -> Response<Bytes> {
        let quoted = format!("\"{}\"", self.etag);
        let known = request.get(header::IF_NONE_MATCH).is_some_and(|tag| tag == quoted.as_str());
        let mut response = Response::new(if known { Bytes::new() } else { self.bytes });
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        let headers = response.headers_mut();
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        let (media_type, ending) = (self.form.media_type(), self.form.ending());
        set(header::CONTENT_TYPE, media_type);
        set(header::ETAG, &quoted);
        set(header::CACHE_CONTROL, "private, max-age=86400");
        set(CUSTOM, if self.chosen { "1" } else { "0" });
        let name = format!("inline; filename=\"avatar.{}.{ending}\"", self.edge);
        set(header::CONTENT_DISPOSITION, &name);
        response
    }
}

/// The edge that is produced for the edge that was asked: 64 or 512, as the original does,
/// so that the number of pictures stays small.
fn edge(asked: u32) -> u32 {
    if asked <= 64 { 64 } else { 512 }
}

/// The picture of a person; none if it cannot be encoded.
fn draw(id: &str, display_name: &str, edge: u32, form: Form) -> Option<Vec<u8>> {
    let back = colour(id);
    let mut picture = RgbImage::from_pixel(edge, edge, back);
    if let Some(letter) = letter(display_name, back) {
        let height = edge / 2;
        let width = height * letter.width() / letter.height();
        let letter = imageops::resize(&letter, width, height, imageops::FilterType::CatmullRom);
        let (x, y) = (i64::from((edge - width) / 2), i64::from((edge - height) / 2));
        imageops::replace(&mut picture, &letter, x, y);
    }
    encode(&picture, form)
}

/// Writes a picture in a form; none if that fails.
fn encode(picture: &RgbImage, form: Form) -> Option<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    let format = match form {
        Form::Png => ImageFormat::Png,
        Form::Jpeg => ImageFormat::Jpeg,
    };
    picture.write_to(&mut bytes, format).ok()?;
    Some(bytes.into_inner())
}

/// A colour that stays with the id, dark enough for white letters.
fn colour(id: &str) -> Rgb<u8> {
    let digest = Sha256::digest(id.as_bytes());
    Rgb([0, 1, 2].map(|at| 24 + digest[at] % 104))
}

/// The first letter of a name, drawn in white; none if the name has no letter that the
/// font knows.
fn letter(name: &str, back: Rgb<u8>) -> Option<RgbImage> {
    let first = name.chars().find(|c| c.is_alphanumeric())?.to_uppercase().next()?;
    let raster = get_raster(first, FontWeight::Regular, RasterHeight::Size32)?;
    let rows: Vec<&[u8]> = raster.rows().collect();
    let mix = |from: u8, share: u8| {
        let (from, share) = (u32::from(from), u32::from(share));
        u8::try_from((from * (255 - share) + 255 * share) / 255).unwrap_or(255)
    };
    let (width, height) =
        (u32::try_from(raster.width()).ok()?, u32::try_from(raster.height()).ok()?);
    Some(RgbImage::from_fn(width, height, |x, y| {
        let share = rows[y as usize][x as usize];
        Rgb(back.0.map(|channel| mix(channel, share)))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_person_has_a_picture() {
        let alice = draw("alice", "Alice", 64, Form::Png).unwrap();
        assert!(alice.starts_with(b"\x89PNG"));
        assert_eq!(draw("alice", "Alice", 64, Form::Png).unwrap(), alice);
        assert_ne!(draw("bob", "Alice", 64, Form::Png).unwrap(), alice);
        assert!(draw("x", "…", 512, Form::Jpeg).unwrap().starts_with(b"\xff\xd8"));
        assert!(draw("x", "李", 64, Form::Png).is_some());
        assert_eq!((edge(1), edge(64), edge(65), edge(4096)), (64, 64, 512, 512));
    }
}
