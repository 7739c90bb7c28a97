//! Mutations of token trees.

use std::fmt;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::seeds::Seeds;

/// One input.
pub struct Case {
    number: u64,
    /// The tokens in the attribute's parentheses. `None` for the derive.
    pub(crate) attribute: Option<TokenStream>,
    /// The tokens below.
    pub(crate) item: TokenStream,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "case {}:", self.number)?;
        match &self.attribute {
            Some(attribute) => writeln!(f, "#[webhook({attribute})]")?,
            None => writeln!(f, "#[derive(WebhookEvent)]")?,
        }
        write!(f, "{}", self.item)
    }
}

impl Case {
    /// The case of a number, which is always the same for the same seeds.
    pub(crate) fn number(number: u64, seeds: &Seeds) -> Self {
        let random = &mut Random(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (attribute, item) = if random.below(3) == 0 {
            (None, random.one_of(&seeds.derives).clone())
        } else {
            let (attribute, item) = random.one_of(&seeds.attributes);
            (Some(attribute.clone()), item.clone())
        };
        let mut case = Self { number, attribute, item };
        for _ in 0..=random.below(4) {
            match &mut case.attribute {
                Some(attribute) if random.below(2) == 0 => mutate(attribute, random, seeds),
                _ => mutate(&mut case.item, random, seeds),
            }
        }
        case
    }
}

/// A generator of numbers (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % most.max(1) as u64).expect("it is below a length")
    }

    fn one_of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }
}

/// Changes one place, in a group of any depth.
fn mutate(stream: &mut TokenStream, random: &mut Random, seeds: &Seeds) {
    let mut tokens: Vec<TokenTree> = std::mem::take(stream).into_iter().collect();
    let groups: Vec<usize> = (0..tokens.len())
        .filter(|at| matches!(&tokens[*at], TokenTree::Group(group) if !group.stream().is_empty()))
        .collect();
    if !groups.is_empty() && random.below(3) > 0 {
        let at = *random.one_of(&groups);
        if let TokenTree::Group(group) = &tokens[at] {
            let mut inner = group.stream();
            mutate(&mut inner, random, seeds);
            tokens[at] = Group::new(group.delimiter(), inner).into();
        }
    } else {
        change(&mut tokens, random, seeds);
    }
    stream.extend(tokens);
}

fn change(tokens: &mut Vec<TokenTree>, random: &mut Random, seeds: &Seeds) {
    let at = random.below(tokens.len());
    let delimiters =
        [Delimiter::Parenthesis, Delimiter::Bracket, Delimiter::Brace, Delimiter::None];
    let delimiter = *random.one_of(&delimiters);
    let word = random.one_of(&seeds.words).clone();
    if tokens.is_empty() {
        tokens.push(word);
        return;
    }
    match random.below(10) {
        0 => drop(tokens.remove(at)),
        1 => tokens.insert(at, tokens[at].clone()),
        2 => {
            let other = random.below(tokens.len());
            tokens.swap(at, other);
        }
        3 | 4 => tokens[at] = word,
        5 | 6 => tokens.insert(at, word),
        7 => tokens.truncate(at),
        8 => {
            let end = at + 1 + random.below(tokens.len() - at);
            let inner: TokenStream = tokens.drain(at..end).collect();
            tokens.insert(at, Group::new(delimiter, inner).into());
        }
        _ => {
            if let TokenTree::Group(group) = &tokens[at] {
                let inner = group.stream();
                if random.below(2) == 0 {
                    tokens[at] = Group::new(delimiter, inner).into();
                } else {
                    tokens.splice(at..=at, inner);
                }
            } else {
                // A piece of another use.
                let (attribute, item) = random.one_of(&seeds.attributes);
                let piece = if random.below(2) == 0 { attribute } else { item };
                let piece: Vec<TokenTree> = piece.clone().into_iter().collect();
                let from = random.below(piece.len());
                tokens.splice(at..=at, piece.into_iter().skip(from).take(6));
            }
        }
    }
}
