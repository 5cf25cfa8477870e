//! An address as a QR code for a terminal: two rows of modules to a line, by half blocks.

use qrcode::{Color, EcLevel, QrCode};

/// The quiet zone round the code, in modules: the standard wants four, and readers do with two.
const QUIET: usize = 2;

/// The lines of the code, or nothing where the text is too long for one. Dark modules are blanks: light letters on dark ground are what a
/// reader expects.
pub(super) fn lines(text: &str) -> Option<Vec<String>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let (width, modules) = (code.width(), code.to_colors());
    let side = width + 2 * QUIET;
    let lit = |x: usize, y: usize| {
        let inside = (QUIET..QUIET + width).contains(&x) && (QUIET..QUIET + width).contains(&y);
        let dark = inside && modules[(y - QUIET) * width + (x - QUIET)] == Color::Dark;
        y < side && !dark
    };
    let line = |y: usize| {
        (0..side)
            .map(|x| match (lit(x, y), lit(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            })
            .collect()
    };
    Some((0..side).step_by(2).map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_square_of_half_blocks_with_its_three_corners() {
        let lines = lines("https://auth.example.com/device?user_code=WXYZ-1234").expect("it fits");
        let side = lines[0].chars().count();
        assert_eq!(lines.len(), side.div_ceil(2));
        assert!(lines.iter().all(|line| line.chars().count() == side));
        // The quiet zone is lit, and the first rows of the finder patterns stand left and right.
        assert!(lines[0].chars().all(|c| c == '█'), "{}", lines[0]);
        let finder = "██ ▄▄▄▄▄ █";
        assert!(lines[1].starts_with(finder) && lines[1].ends_with(&finder.chars().rev().collect::<String>()), "{}", lines[1]);
    }

    #[test]
    fn a_text_that_is_too_long_has_no_code() {
        assert!(lines(&"x".repeat(4000)).is_none());
    }
}
