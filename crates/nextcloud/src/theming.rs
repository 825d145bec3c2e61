//! Name, colours and pictures of an installation: what administrators set by the original's
//! keys of the app `theming`, else what its operator chose.

use allmende_sharing::Config;
use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header};
use serde_json::json;

use crate::{
    Origin, discovery,
    route::Asset,
    service::{Inner, NextcloudOptions, static_file},
};

/// The themes of the original that a style sheet is asked for by name. Those beside the first
/// three change the contrast and the type, which our pages leave to the reader's own settings.
const THEMES: [&str; 6] =
    ["default", "light", "dark", "light-highcontrast", "dark-highcontrast", "opendyslexic"];

/// The look of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) name: String,
    pub(crate) slogan: String,
    /// The site of who runs it; none if it is this one.
    pub(crate) url: Option<String>,
    pub(crate) imprint: String,
    pub(crate) privacy: String,
    /// `#` and six hexadecimal digits, as the next one.
    pub(crate) color: String,
    pub(crate) background: String,
    /// The colour of text on each.
    pub(crate) on_color: &'static str,
    pub(crate) on_background: &'static str,
    /// Changes when anything here does.
    pub(crate) cache_buster: String,
}

impl Look {
    /// The look of now. What makes no sense counts as not set.
    pub(crate) fn new(options: &NextcloudOptions, config: &Config) -> Self {
        let set = |key: &str| config.get("theming", key).filter(|value| !value.is_empty());
        let color = |keys: &[&str]| {
            keys.iter().filter_map(|key| set(key)).find(|value| luminance(value).is_some())
        };
        let web = |key: &str| {
            set(key).filter(|url| url.starts_with("https://") || url.starts_with("http://"))
        };
        let main = color(&["primary_color", "color"]).unwrap_or(&options.color).to_lowercase();
        let background = color(&["background_color", "primary_color", "color"]);
        let background = background.unwrap_or(&options.color).to_lowercase();
        Self {
            name: set("name").unwrap_or(&options.name).to_owned(),
            slogan: set("slogan").unwrap_or(&options.slogan).to_owned(),
            url: web("url").map(str::to_owned),
            imprint: web("imprintUrl").unwrap_or_default().to_owned(),
            privacy: web("privacyUrl").unwrap_or_default().to_owned(),
            on_color: text_on(&main),
            on_background: text_on(&background),
            color: main,
            background,
            cache_buster: set("cachebuster").unwrap_or("0").to_owned(),
        }
    }

    fn style(&self, theme: &str) -> String {
        let scheme = match theme {
            "dark" | "dark-highcontrast" => "dark",
            "light" | "light-highcontrast" => "light",
            _ => "light dark",
        };
        let Self { color, background, on_color, on_background, .. } = self;
        format!(
            ":root {{ color-scheme: {scheme}; --color-primary: {color}; \
             --color-primary-text: {on_color}; --color-primary-element: {color}; \
             --color-primary-element-text: {on_color}; --color-background-plain: {background}; \
             --color-background-plain-text: {on_background}; }}\n"
        )
    }

    fn manifest(&self, base: &str) -> serde_json::Value {
        json!({
            "name": self.name,
            "short_name": self.name,
            "description": self.slogan,
            "start_url": format!("{base}/"),
            "theme_color": self.color,
            "background_color": self.background,
            "display": "standalone",
            "icons": [{
                "src": format!("{base}/core/img/logo.svg"),
                "type": "image/svg+xml",
                "sizes": "any",
            }],
        })
    }
}

/// The relative luminance of a colour in thousandths (WCAG 2, without the gamma correction); none
/// if it is no colour.
fn luminance(color: &str) -> Option<u32> {
    let digits = color.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let part = |at: usize| u32::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
    Some((213 * part(0)? + 715 * part(2)? + 72 * part(4)?) / 255)
}

/// The colour of text that can be read on another one.
fn text_on(color: &str) -> &'static str {
    match luminance(color) {
        Some(600..) => "#000000",
        _ => "#ffffff",
    }
}

/// Answers what browsers and clients ask of the app `theming`; `rest` is what follows its name
/// in the path.
pub(crate) async fn answer(
    inner: &Inner,
    origin: &Origin,
    method: &Method,
    rest: &str,
) -> Response<Bytes> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return discovery::empty(StatusCode::METHOD_NOT_ALLOWED);
    }
    let (what, which) = rest.split_once('/').unwrap_or((rest, ""));
    match (what, which) {
        ("image", "logo" | "logoheader" | "favicon") | ("favicon" | "icon", _) => {
            return static_file(Asset::Logo);
        }
        ("manifest", _) | ("theme", _) => {}
        _ => return discovery::json(StatusCode::NOT_FOUND, &[(); 0]),
    }
    let Ok(config) = inner.sharing.config().await else {
        return discovery::empty(StatusCode::SERVICE_UNAVAILABLE);
    };
    let look = Look::new(&inner.options, &config);
    if what == "manifest" {
        return discovery::json(StatusCode::OK, &look.manifest(&origin.base_url()));
    }
    let theme = which.strip_suffix(".css").filter(|theme| THEMES.contains(theme));
    let Some(theme) = theme else {
        return discovery::json(StatusCode::NOT_FOUND, &[(); 0]);
    };
    let mut response = Response::new(Bytes::from(look.style(theme)));
    let headers = response.headers_mut();
    let css = HeaderValue::from_static("text/css; charset=utf-8");
    headers.insert(header::CONTENT_TYPE, css);
    // Asked for with the number of the cache, which changes with it.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_be_read_on_its_ground() {
        for (color, text) in [
            ("#000000", "#ffffff"),
            ("#ffffff", "#000000"),
            ("#ffff00", "#000000"),
            ("#0b4f3a", "#ffffff"),
            ("#00679e", "#ffffff"),
        ] {
            assert_eq!(text_on(color), text, "{color}");
        }
        for bad in ["0b4f3a", "#0b4", "#0b4f3g", "#+b4f3a", "#äb4f3", ""] {
            assert_eq!(luminance(bad), None, "{bad}");
        }
    }
}
