//! Masked text as a word of `sh`: its pieces, and the quotes that they need.

use std::fmt::Write as _;

/// A piece of a masked text.
pub(super) enum Piece<'a> {
    Text(&'a str),
    /// With its guillemets.
    Secret(&'a str),
    Variable(String),
}

/// Takes a masked text apart at the marks in it.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('‹') {
        let Some(length) = rest[open..].find('›').map(|close| close + '›'.len_utf8()) else { break };
        if open > 0 {
            pieces.push(Piece::Text(&rest[..open]));
        }
        pieces.push(Piece::Secret(&rest[open..open + length]));
        rest = &rest[open + length..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// One word of `sh`: in double quotes where it has a variable and nothing that the shell would obey there, else each piece in its own.
pub(super) fn word(pieces: &[Piece<'_>]) -> String {
    let is_obeyed = |text: &str| text.contains(['"', '$', '`', '\\', '!']);
    let has_variable = pieces.iter().any(|piece| matches!(piece, Piece::Variable(_)));
    let is_plain = pieces.iter().all(|piece| match piece {
        Piece::Text(text) => !is_obeyed(text),
        Piece::Secret(_) | Piece::Variable(_) => true,
    });
    let mut word = String::new();
    if has_variable && is_plain {
        word.push('"');
        for piece in pieces {
            match piece {
                Piece::Text(text) | Piece::Secret(text) => word.push_str(text),
                Piece::Variable(name) => word.push_str(&format!("${{{name}}}")),
            }
        }
        word.push('"');
        return word;
    }
    for piece in pieces {
        match piece {
            Piece::Text(text) | Piece::Secret(text) => {
                let _ = write!(word, "'{}'", text.replace('\'', r"'\''"));
            }
            Piece::Variable(name) => {
                let _ = write!(word, "\"${{{name}}}\"");
            }
        }
    }
    if word.is_empty() { "''".to_owned() } else { word }
}
