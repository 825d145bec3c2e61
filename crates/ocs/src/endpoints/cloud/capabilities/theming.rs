use serde::{Deserialize, Serialize};

/// Names, colours and images. Colours are `#rrggbb`, addresses absolute.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Theming {
    /// The name of this server.
    pub name: String,
    /// The name of the product.
    #[serde(rename = "productName")]
    pub product_name: String,
    /// The web site of who runs it.
    pub url: String,
    /// The imprint, or empty.
    #[serde(rename = "imprintUrl")]
    pub imprint_url: String,
    /// The privacy policy, or empty.
    #[serde(rename = "privacyUrl")]
    pub privacy_url: String,
    /// The slogan.
    pub slogan: String,
    /// The main colour.
    pub color: String,
    /// Text on the main colour.
    pub color_text: String,
    /// Controls.
    pub color_element: String,
    /// Controls on a bright ground.
    pub color_element_bright: String,
    /// Controls on a dark ground.
    pub color_element_dark: String,
    /// Address of the logo.
    pub logo: String,
    /// Address of the background, or a colour.
    pub background: String,
    /// Text on the background.
    pub background_text: String,
    /// Whether the background is a colour.
    pub background_plain: bool,
    /// Whether the background is the product's own.
    pub background_default: bool,
    /// Address of the logo for headers.
    pub logoheader: String,
    /// Address of the small icon.
    pub favicon: String,
    /// The main colour as the person chose it.
    #[serde(rename = "primaryColor")]
    pub primary_color: String,
    /// The colour behind the background image.
    #[serde(rename = "backgroundColor")]
    pub background_color: String,
    /// The main colour as the server has it.
    #[serde(rename = "defaultPrimaryColor")]
    pub default_primary_color: String,
    /// The colour behind the server's own background image.
    #[serde(rename = "defaultBackgroundColor")]
    pub default_background_color: String,
    /// Whether images on the main colour must be inverted.
    pub inverted: bool,
    /// Changes whenever anything here does.
    #[serde(rename = "cacheBuster")]
    pub cache_buster: String,
    /// The themes that the person chose, for example `dark`.
    #[serde(rename = "enabledThemes")]
    pub enabled_themes: Vec<String>,
}
