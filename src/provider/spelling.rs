//! The word that was probably meant.

/// The known word nearest to `word`, if it is near enough to be what was meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = plain(word);
    let near = known.into_iter().filter_map(|candidate| {
        let known = plain(candidate);
        let far = distance(&word, &known);
        // `token_endpoint` for `token`: the longer name is as good as a slip.
        let longer = known.len() >= 4 && word.starts_with(&known);
        (far <= (known.len() / 3).clamp(1, 2) || longer).then_some((far, candidate))
    });
    near.min().map(|(_, candidate)| candidate)
}

/// Case, hyphens and underscores are the first things to be mixed up.
fn plain(word: &str) -> Vec<char> {
    word.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}

/// How many characters must be put in, taken out, changed or swapped with the next.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut rows = vec![(0..=to.len()).collect::<Vec<_>>()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let changed = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_another_word_finds_none() {
        let known = ["id", "secret", "auth", "redirect_uris", "grants"];
        let meant = |word| nearest(word, known);
        assert_eq!(meant("secrt"), Some("secret"));
        assert_eq!(meant("auht"), Some("auth"));
        assert_eq!(meant("redirectUris"), Some("redirect_uris"));
        assert_eq!(meant("redirect_uri"), Some("redirect_uris"));
        assert_eq!(meant("grants_allowed"), Some("grants"));
        assert_eq!(meant("colour"), None);
        assert_eq!(meant(""), None);
    }
}
