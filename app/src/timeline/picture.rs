//! The activity of a document as a picture: one path of bars for each author, stacked. How it
//! is placed and coloured is the view's business.

use std::collections::BTreeMap;

use palimpsest_core::{AuthorId, Bucket};

/// The picture's own width and height; it is stretched to the room it gets.
pub(crate) const WIDTH: f64 = 1000.0;
/// See [`WIDTH`].
pub(crate) const HEIGHT: f64 = 66.0;
/// How many bars there are.
pub(crate) const BARS: usize = 200;
/// Where the bars stand.
const GROUND: f64 = 60.0;
/// The highest bar leaves room for the markers.
const HIGHEST: f64 = 46.0;
/// So many of a hundred bars are not cut.
const BUSIEST: usize = 97;
/// Any writing at all can be seen.
const LOWEST: f64 = 1.6;
/// How much of its place a bar fills.
const FILLED: f64 = 0.74;
/// A young document has few bars; they do not grow into blocks.
const WIDEST: f64 = 9.0;

/// The bars of one author, as the data of an SVG path.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Bars {
    /// Whose.
    pub(crate) author: AuthorId,
    /// The path.
    pub(crate) path: String,
}

/// The picture of `buckets`, of which each stands for an equal part of what is seen.
pub(crate) fn draw(buckets: &[Bucket]) -> Vec<Bars> {
    let mut amounts: Vec<usize> = buckets.iter().map(written).filter(|all| *all > 0).collect();
    amounts.sort_unstable();
    // The few busiest are cut, so that one paste does not press everything else flat.
    let Some(&most) = amounts.get((amounts.len() * BUSIEST).div_ceil(100).saturating_sub(1)) else {
        return Vec::new();
    };
    let place = WIDTH / buckets.len() as f64;
    let width = (place * FILLED).min(WIDEST);
    let mut paths: BTreeMap<AuthorId, String> = BTreeMap::new();
    for (nth, bucket) in buckets.iter().enumerate() {
        let total = written(bucket);
        if total == 0 {
            continue;
        }
        // A bar ends where its last edit does: at the place where one stands to read it.
        let left = (nth + 1) as f64 * place - width;
        // Heights grow with the square root, for the same reason.
        let height = (total as f64 / most as f64).sqrt().min(1.0);
        let height = (height * HIGHEST).max(LOWEST);
        let mut ground = GROUND;
        for (author, amount) in &bucket.by_author {
            let part = height * *amount as f64 / total as f64;
            let path = paths.entry(*author).or_default();
            path.push_str(&format!("M{left:.1} {ground:.1}v-{part:.1}h{width:.1}v{part:.1}z"));
            ground -= part;
        }
    }
    paths.into_iter().map(|(author, path)| Bars { author, path }).collect()
}

fn written(bucket: &Bucket) -> usize {
    bucket.by_author.iter().map(|(_, amount)| amount).sum()
}
