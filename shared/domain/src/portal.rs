//! Portal links: short-lived keys that open the console, and how the console looks to their bearers.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

/// The longest life of a link: a day.
pub const MAX_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// The life of a link unless the request sets one.
pub const DEFAULT_LIFE: Duration = Duration::from_secs(60 * 60);

/// The smallest contrast between text and its background: WCAG 2.2, level AA, success criterion 1.4.3.
const MIN_CONTRAST: f64 = 4.5;
const MAX_URL: usize = 1024;

/// Colors of the console (`console/src/styles/tokens.css`) that a theme does not replace.
struct Palette {
    scheme: Scheme,
    background: Color,
    /// The text with the lowest contrast.
    faint: Color,
    /// Where links are shown besides the page's background.
    surfaces: [Color; 2],
}

const LIGHT: Palette = Palette {
    scheme: Scheme::Light,
    background: Color([0xf6, 0xf6, 0xf8]),
    faint: Color([0x65, 0x67, 0x71]),
    surfaces: [Color([0xff, 0xff, 0xff]), Color([0xf4, 0xf4, 0xf6])],
};
const DARK: Palette = Palette {
    scheme: Scheme::Dark,
    background: Color([0x0c, 0x0d, 0x10]),
    faint: Color([0x8f, 0x92, 0x9d]),
    surfaces: [Color([0x14, 0x16, 0x19]), Color([0x1b, 0x1d, 0x22])],
};

/// Whether text is dark on light or light on dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Scheme {
    /// Dark text on a light background.
    Light,
    /// Light text on a dark background.
    Dark,
}

/// The look of the console for the bearer of a link. Every text keeps a contrast of 4.5:1.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = PortalTheme))]
pub struct Theme {
    /// The color of links and of the main buttons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "#0b5c3f"))]
    pub primary: Option<String>,
    /// The color of text on the main buttons. Chosen for contrast with `primary`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "#ffffff"))]
    pub on_primary: Option<String>,
    /// The background of pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "#f2f7f4"))]
    pub background: Option<String>,
    /// Follows from the background. `None` leaves the choice to the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<Scheme>,
    /// The URL of the logo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "https://example.com/logo.svg"))]
    pub logo_url: Option<String>,
}

/// A problem with a theme: the field, and what to send instead.
pub type Problem = (&'static str, String);

impl Theme {
    /// Checks the colors and the logo of a theme. `origins` are the origins that logos may come from.
    ///
    /// # Errors
    /// The invalid field, and why.
    pub fn new(
        primary: Option<&str>,
        background: Option<&str>,
        logo_url: Option<&str>,
        origins: &[&str],
    ) -> Result<Self, Problem> {
        let color = |field: &'static str, text: Option<&str>| {
            let problem = || (field, "send a color such as #0b5c3f".to_owned());
            text.map(|text| Color::parse(text).ok_or_else(problem)).transpose()
        };
        let (primary, background) = (color("primary", primary)?, color("background", background)?);
        let palette = match background {
            Some(color) => Some(palette(color)?),
            // Links must be readable in one scheme; the other one is then not offered.
            None => primary.map(|primary| if readable(primary, &LIGHT, None) { LIGHT } else { DARK }),
        };
        if let (Some(primary), Some(palette)) = (primary, &palette)
            && !readable(primary, palette, background)
        {
            let problem = format!(
                "{} has a contrast below {MIN_CONTRAST}:1 as the color of links; send a color that differs more from \
                 the background",
                primary.text()
            );
            return Err(("primary", problem));
        }
        let logo_url = logo_url.map(|text| logo(text, origins).map_err(|problem| ("logo_url", problem))).transpose()?;
        Ok(Self {
            primary: primary.map(Color::text),
            on_primary: primary.map(|primary| primary.text_on_it().text()),
            background: background.map(Color::text),
            scheme: palette.map(|palette| palette.scheme),
            logo_url,
        })
    }
}

fn palette(background: Color) -> Result<Palette, Problem> {
    let fits = |palette: &Palette| background.contrast(palette.faint) >= MIN_CONTRAST;
    [LIGHT, DARK].into_iter().find(fits).ok_or_else(|| {
        let problem = format!(
            "{} has a contrast below {MIN_CONTRAST}:1 with dark text and with light text; send a lighter or a darker \
             color",
            background.text()
        );
        ("background", problem)
    })
}

fn readable(link: Color, on: &Palette, background: Option<Color>) -> bool {
    let background = background.unwrap_or(on.background);
    on.surfaces.into_iter().chain([background]).all(|surface| link.contrast(surface) >= MIN_CONTRAST)
}

fn logo(text: &str, origins: &[&str]) -> Result<String, String> {
    let url = Url::parse(text).ok().filter(|url| url.scheme() == "https" && url.has_host() && text.len() <= MAX_URL);
    let url = url.filter(|url| url.username().is_empty() && url.password().is_none());
    let url = url.ok_or_else(|| format!("send an https URL of at most {MAX_URL} characters, without a password"))?;
    let origin = url.origin().ascii_serialization();
    if origins.contains(&&*origin) {
        return Ok(url.into());
    }
    Err(format!("images from {origin} are not allowed; add it to the parameter LogoOrigins of the deployment"))
}

/// A color in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Color([u8; 3]);

impl Color {
    const WHITE: Self = Self([0xff; 3]);
    const BLACK: Self = Self([0; 3]);

    /// Parses `#rrggbb`.
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        // `from_str_radix` accepts a sign.
        let all_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        Some(Self([part(0)?, part(2)?, part(4)?])).filter(|_| all_hex)
    }

    fn text(self) -> String {
        let Self([r, g, b]) = self;
        format!("#{r:02x}{g:02x}{b:02x}")
    }

    /// The relative luminance, as WCAG 2.2 defines it.
    fn luminance(self) -> f64 {
        let [r, g, b] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// White or black. One of them has a contrast above 4.5:1 with any color.
    fn text_on_it(self) -> Self {
        if self.contrast(Self::WHITE) >= MIN_CONTRAST { Self::WHITE } else { Self::BLACK }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theme(primary: Option<&str>, background: Option<&str>) -> Result<Theme, Problem> {
        Theme::new(primary, background, None, &[])
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((Color::WHITE.contrast(Color::BLACK) - 21.0).abs() < 0.001);
        let grey = Color([0x76; 3]);
        assert!((grey.contrast(Color::WHITE) - 4.54).abs() < 0.01);
    }

    #[test]
    fn the_background_decides_on_light_or_dark() {
        let scheme = |background| theme(None, Some(background)).map(|theme| theme.scheme);
        assert_eq!(scheme("#f2f7f4"), Ok(Some(Scheme::Light)));
        assert_eq!(scheme("#101418"), Ok(Some(Scheme::Dark)));
        assert_eq!(scheme("#808080").expect_err("neither").0, "background");
    }

    #[test]
    fn links_must_be_readable() {
        let dark_green = theme(Some("#0B5C3F"), Some("#f2f7f4")).expect("readable");
        assert_eq!(
            (dark_green.primary.as_deref(), dark_green.on_primary.as_deref()),
            (Some("#0b5c3f"), Some("#ffffff"))
        );
        assert_eq!(theme(Some("#ffd000"), Some("#ffffff")).expect_err("pale").0, "primary");
        let yellow = theme(Some("#ffd000"), None).expect("readable on dark");
        assert_eq!((yellow.scheme, yellow.on_primary.as_deref()), (Some(Scheme::Dark), Some("#000000")));
    }

    #[test]
    fn text_that_is_not_a_color_is_refused() {
        for wrong in ["", "red", "#fff", "#12345g", "#+12345", "0b5c3f", "#ééé"] {
            assert_eq!(theme(Some(wrong), None).expect_err(wrong).0, "primary");
        }
    }

    #[test]
    fn a_logo_comes_from_an_allowed_origin() {
        let logo = |url| Theme::new(None, None, Some(url), &["https://example.com"]);
        assert!(logo("https://example.com/logo.svg").is_ok());
        for wrong in
            ["http://example.com/logo.svg", "https://evil.example/logo.svg", "https://a:b@example.com/", "javascript:1"]
        {
            assert_eq!(logo(wrong).expect_err(wrong).0, "logo_url");
        }
    }
}
