//! What people type, without the characters that nobody sees.

/// Whether a character is invisible and only changes how its neighbours look: zero-width ones, those that turn the
/// direction of writing round (`invoice\u{202e}fdp.exe` reads as `invoiceexe.pdf`), fillers that look like a space and are
/// none, and tags. One name must not look like another, nor like nothing.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// The text without invisible characters and without white space around it.
#[must_use]
pub fn visible(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    kept.trim().to_owned()
}

/// Whether the text holds a control character other than a line break or a tab. PostgreSQL cannot store a NUL at all.
#[must_use]
pub fn has_control(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_go_and_letters_of_every_script_stay() {
        assert_eq!(visible(" Ca\u{200b}fé\u{202e} السلام 東京\u{feff} "), "Café السلام 東京");
        assert_eq!(visible("Har\u{3164}ve\u{206a}st\u{e0041}\u{34f}"), "Harvest");
        assert_eq!(visible("\u{2800}\u{ffa0} \u{115f}"), "", "what looks like nothing is nothing");
        assert!(has_control("a\u{0}b") && has_control("a\u{1b}[31m") && !has_control("two\nlines\tand a tab"));
    }
}
