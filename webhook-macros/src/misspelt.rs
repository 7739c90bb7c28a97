//! Suggestions for misspelt words.

/// The word that is most similar to `written`, if any is similar enough.
pub(crate) fn closest<'w>(
    written: &str,
    words: impl IntoIterator<Item = &'w str, IntoIter: Clone>,
) -> Option<&'w str> {
    let written = written.to_lowercase();
    let words = words.into_iter();
    words
        .clone()
        .map(|word| (distance(&written, word), word))
        .filter(|&(distance, word)| distance <= word.len() / 3)
        .min()
        .map(|(_, word)| word)
        // `secret` for `secret_env`
        .or_else(|| words.into_iter().find(|word| word.starts_with(&written)))
}

/// The words that are most similar to `written`, the most similar first.
pub(crate) fn nearest(written: &str, words: &[&str], max: usize) -> Vec<String> {
    let lower = written.to_lowercase();
    let mut near: Vec<(usize, &str)> = words
        .iter()
        .map(|word| (distance(&lower, &word.to_lowercase()), *word))
        .filter(|&(distance, word)| distance <= word.len() / 3)
        .collect();
    near.sort_unstable();
    near.into_iter().take(max).map(|(_, word)| word.to_owned()).collect()
}

/// The number of letters to add, remove or replace (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
