//! A map from units, sorted, in chunks: asked all the time for the last entry at or before a
//! unit, which takes two short searches in rows of memory where a tree takes a walk.

/// The most entries in a chunk; it is cut in half when full. Few where assertions are on, so
/// that the small histories of the tests have many chunks.
const CHUNK_MAX: usize = if cfg!(debug_assertions) { 4 } else { 256 };

/// Values by unit.
#[derive(Clone, Debug)]
pub(crate) struct Units<T> {
    /// Entries in order, in chunks of which none is empty.
    chunks: Vec<Vec<(u64, T)>>,
    /// The first unit of each chunk, in one row.
    firsts: Vec<u64>,
}

impl<T> Default for Units<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), firsts: Vec::new() }
    }
}

impl<T: Copy> Units<T> {
    /// Adds an entry, in the place of one of the same unit.
    pub(crate) fn insert(&mut self, unit: u64, value: T) {
        let chunk = self.chunk_of(unit).unwrap_or(0);
        let Some(entries) = self.chunks.get_mut(chunk) else {
            self.firsts.push(unit);
            return self.chunks.push(vec![(unit, value)]);
        };
        let at = entries.partition_point(|&(other, _)| other < unit);
        match entries.get_mut(at) {
            Some(entry) if entry.0 == unit => entry.1 = value,
            _ => entries.insert(at, (unit, value)),
        }
        self.firsts[chunk] = entries[0].0;
        if entries.len() > CHUNK_MAX {
            // What is added mostly comes last: a full chunk stays nearly full then.
            let kept = if at + 1 == entries.len() { CHUNK_MAX } else { CHUNK_MAX / 2 };
            let rest = entries.split_off(kept);
            self.firsts.insert(chunk + 1, rest[0].0);
            self.chunks.insert(chunk + 1, rest);
        }
    }

    /// Takes an entry out.
    pub(crate) fn remove(&mut self, unit: u64) {
        let Some(chunk) = self.chunk_of(unit) else { return };
        self.chunks[chunk].retain(|&(other, _)| other != unit);
        match self.chunks[chunk].first() {
            Some(&(first, _)) => self.firsts[chunk] = first,
            None => {
                self.chunks.remove(chunk);
                self.firsts.remove(chunk);
            }
        }
    }

    /// The last entry at or before a unit.
    pub(crate) fn at_or_before(&self, unit: u64) -> Option<(u64, T)> {
        let chunk = &self.chunks[self.chunk_of(unit)?];
        Some(chunk[chunk.partition_point(|&(other, _)| other <= unit) - 1])
    }

    /// The entries at or before a unit, the last first.
    pub(crate) fn until(&self, unit: u64) -> impl Iterator<Item = (u64, T)> {
        let chunk = self.chunk_of(unit);
        let (before, last) = match chunk {
            Some(chunk) => (&self.chunks[..chunk], &self.chunks[chunk][..]),
            None => (&self.chunks[..0], &[][..]),
        };
        let last = &last[..last.partition_point(|&(other, _)| other <= unit)];
        last.iter().rev().chain(before.iter().rev().flat_map(|chunk| chunk.iter().rev())).copied()
    }

    /// The chunk that a unit belongs to: the last that does not begin behind it.
    fn chunk_of(&self, unit: u64) -> Option<usize> {
        self.firsts.partition_point(|&first| first <= unit).checked_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn is_a_sorted_map() {
        let mut state = 7_u64;
        let mut random = |end: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % end
        };
        for round in 0..200 {
            let (mut units, mut expected) = (Units::default(), BTreeMap::new());
            for nth in 0..120 {
                // Some rounds mostly grow at the end, as histories do.
                let unit = if round % 2 == 0 { random(80) } else { nth + random(3) };
                if random(5) == 0 {
                    units.remove(unit);
                    expected.remove(&unit);
                } else {
                    units.insert(unit, nth);
                    expected.insert(unit, nth);
                }
                let wanted = random(130);
                let before = expected.range(..=wanted).rev().map(|(&unit, &value)| (unit, value));
                assert!(units.until(wanted).eq(before));
            }
        }
    }
}
