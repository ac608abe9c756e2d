//! Colour of a programme: checked for contrast, with a lighter variant for dark mode.
//!
//! The variant is computed here because the oldest supported browser, Chrome 61, has no `color-mix()`.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Minimum contrast with white, and therefore with the cards in light mode.
pub const MIN_CONTRAST: f64 = 4.0;
/// Minimum contrast of the variant with the cards in dark mode.
const MIN_CONTRAST_DARK: f64 = 6.0;
const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
/// Background of cards in dark mode: `--card` in `style/tokens.css`.
const DARK_CARD: Rgb = [0x1b, 0x21, 0x40];
/// Colours of the built-in programmes, for catalogues that were stored before programmes had a colour.
const BUILT_IN: [(&str, Rgb); 6] = [
    ("party_building", [0xc2, 0x30, 0x4a]),
    ("industry", [0x0f, 0x7a, 0x58]),
    ("marketing", [0xb9, 0x6a, 0x00]),
    ("labour", [0x0b, 0x6b, 0xb8]),
    ("education", [0x8e, 0x4a, 0x9e]),
    ("health", [0x0e, 0x8a, 0x99]),
];

type Rgb = [u8; 3];

/// An sRGB colour with a contrast of at least 4:1 against white, written `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProgrammeColor(Rgb);

/// Reason why a text is not the colour of a programme.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum ColorError {
    /// The text does not have the form `#rrggbb`.
    #[error("a colour is written #rrggbb")]
    Syntax,
    /// The contrast is too low to be readable on white.
    #[error("the colour has a contrast below 4:1 against white")]
    LowContrast,
}

impl ProgrammeColor {
    /// Returns the colour of a programme that has none: that of the built-in programme, otherwise one computed from the
    /// code.
    pub fn default_of(code: &str) -> Self {
        let built_in = BUILT_IN.iter().find(|(built_in, _)| *built_in == code);
        Self(built_in.map_or_else(|| computed(code), |(_, rgb)| *rgb))
    }

    /// Returns the contrast of a text's colour with white: 1 to 21. Errors only if the text is not a colour.
    pub fn contrast_of(text: &str) -> Result<f64, ColorError> {
        Ok(contrast(rgb(text)?, WHITE))
    }

    /// Returns the background of cards in dark mode as CSS.
    pub fn dark_card_css() -> String {
        css(DARK_CARD)
    }

    /// Returns the variant for dark mode as CSS: mixed with white until it is readable on a dark card.
    pub fn dark_css(self) -> String {
        css(mixed_until(self.0, WHITE, |rgb| contrast(rgb, DARK_CARD) >= MIN_CONTRAST_DARK))
    }
}

impl fmt::Display for ProgrammeColor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&css(self.0))
    }
}

impl From<ProgrammeColor> for String {
    fn from(color: ProgrammeColor) -> Self {
        css(color.0)
    }
}

impl FromStr for ProgrammeColor {
    type Err = ColorError;

    fn from_str(text: &str) -> Result<Self, ColorError> {
        let rgb = rgb(text)?;
        if contrast(rgb, WHITE) < MIN_CONTRAST {
            return Err(ColorError::LowContrast);
        }
        Ok(Self(rgb))
    }
}

impl TryFrom<String> for ProgrammeColor {
    type Error = ColorError;

    fn try_from(text: String) -> Result<Self, ColorError> {
        text.parse()
    }
}

/// Parses `#rrggbb`.
fn rgb(text: &str) -> Result<Rgb, ColorError> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6).ok_or(ColorError::Syntax)?;
    let mut rgb = BLACK;
    for (channel, pair) in rgb.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *channel = 0;
        for digit in pair {
            let value = char::from(*digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            *channel = *channel << 4 | value.ok_or(ColorError::Syntax)?;
        }
    }
    Ok(rgb)
}

fn css(rgb: Rgb) -> String {
    let mut text = String::from("#");
    for channel in rgb {
        text.extend([channel >> 4, channel & 15].into_iter().filter_map(|digit| char::from_digit(digit.into(), 16)));
    }
    text
}

/// Returns a colour with the hue of a code's FNV-1a hash, darkened until it is readable on white.
fn computed(code: &str) -> Rgb {
    let hash = code.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    // Six sectors of the colour wheel with 160 steps each; the channels lie between 40 and 200.
    let hue = (hash ^ hash >> 16) % 960;
    let step = u8::try_from(hue % 160).unwrap_or_default();
    let (rising, falling) = (40 + step, 200 - step);
    let rgb = match hue / 160 {
        0 => [200, rising, 40],
        1 => [falling, 200, 40],
        2 => [40, 200, rising],
        3 => [40, falling, 200],
        4 => [rising, 40, 200],
        _ => [200, 40, falling],
    };
    mixed_until(rgb, BLACK, |rgb| contrast(rgb, WHITE) >= MIN_CONTRAST)
}

/// Mixes a colour with another in steps of a sixteenth until it suffices.
fn mixed_until(rgb: Rgb, other: Rgb, suffices: impl Fn(Rgb) -> bool) -> Rgb {
    let mixed = |share: u16| -> Rgb {
        let channel = |at: usize| {
            let (from, to) = (u16::from(*rgb.get(at)?), u16::from(*other.get(at)?));
            u8::try_from((from * (16 - share) + to * share) / 16).ok()
        };
        std::array::from_fn(|at| channel(at).unwrap_or_default())
    };
    (0..16).map(mixed).find(|rgb| suffices(*rgb)).unwrap_or(other)
}

/// Returns the contrast of two colours by WCAG 2: 1 to 21.
fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Returns the relative luminance by WCAG 2.
fn luminance([red, green, blue]: Rgb) -> f64 {
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

/// Returns the linear intensity of an sRGB channel. `powf` would add kilobytes to the wasm file.
fn linear(channel: u8) -> f64 {
    let value = f64::from(channel) / 255.0;
    if value <= 0.04045 {
        return value / 12.92;
    }
    let base = (value + 0.055) / 1.055;
    let square = base * base;
    // base^2.4 is the square times its fifth root, found by Newton's method.
    let root = (0..16).fold(1.0_f64, |root, _| (4.0 * root + square / (root * root * root * root)) / 5.0);
    square * root
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("")]
    #[case("#12345")]
    #[case("#1234567")]
    #[case("123456")]
    #[case("#12345g")]
    #[case("#+12345")]
    #[case("#1234é")]
    #[case("red")]
    #[case("#000000;x:y")]
    fn color_of_another_form_is_a_syntax_error(#[case] text: &str) {
        assert_eq!(text.parse::<ProgrammeColor>(), Err(ColorError::Syntax));
    }

    #[rstest]
    #[case("#ffffff", Err(ColorError::LowContrast))]
    #[case("#d98900", Err(ColorError::LowContrast))]
    // 3.98 and 4.03.
    #[case("#808080", Err(ColorError::LowContrast))]
    #[case("#7f7f7f", Ok("#7f7f7f"))]
    #[case("#0B6BB8", Ok("#0b6bb8"))]
    #[case("#000000", Ok("#000000"))]
    fn color_needs_contrast_with_white(#[case] text: &str, #[case] parsed: Result<&str, ColorError>) {
        assert_eq!(text.parse().map(|color: ProgrammeColor| color.to_string()), parsed.map(str::to_owned));
    }

    #[test]
    fn contrast_of_too_light_color_is_returned() {
        let tenths = |text: &str| ProgrammeColor::contrast_of(text).map(|contrast| (contrast * 10.0).floor());
        assert_eq!(tenths("#ffff00"), Ok(10.0));
        assert_eq!(tenths("#000000"), Ok(210.0));
        assert_eq!(tenths("yellow"), Err(ColorError::Syntax));
    }

    #[test]
    fn contrast_agrees_with_wcag() {
        assert!((contrast(BLACK, WHITE) - 21.0).abs() < 1e-9);
        for channel in 0..=255_u8 {
            let value = f64::from(channel) / 255.0;
            let exact = if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) };
            assert!((linear(channel) - exact).abs() < 1e-9, "{channel}");
        }
    }

    #[test]
    fn built_in_colors_are_readable_in_both_modes() {
        for (code, rgb) in BUILT_IN {
            let color = ProgrammeColor::default_of(code);
            assert_eq!(color.to_string().parse(), Ok(ProgrammeColor(rgb)), "{code}");
            assert!(contrast_of_dark(color) >= MIN_CONTRAST_DARK, "{code}");
        }
    }

    #[test]
    fn dark_card_is_that_of_the_style_sheet() {
        let tokens = include_str!("../../../../style/tokens.css");
        assert!(tokens.contains(&format!("--card: light-dark(#ffffff, {});", ProgrammeColor::dark_card_css())));
    }

    fn contrast_of_dark(color: ProgrammeColor) -> f64 {
        let css = color.dark_css();
        let channel = |at: usize| u8::from_str_radix(&css[at..at + 2], 16).unwrap();
        contrast([channel(1), channel(3), channel(5)], DARK_CARD)
    }

    proptest! {
        #[test]
        fn default_color_is_readable_and_deterministic(code in "[a-z][a-z0-9_]{0,39}") {
            let color = ProgrammeColor::default_of(&code);
            prop_assert_eq!(color.to_string().parse(), Ok(color));
            prop_assert_eq!(ProgrammeColor::default_of(&code), color);
            prop_assert!(contrast_of_dark(color) >= MIN_CONTRAST_DARK);
        }

        #[test]
        fn dark_variant_of_any_color_is_readable(rgb: [u8; 3]) {
            prop_assume!(contrast(rgb, WHITE) >= MIN_CONTRAST);
            prop_assert!(contrast_of_dark(ProgrammeColor(rgb)) >= MIN_CONTRAST_DARK);
        }
    }
}
