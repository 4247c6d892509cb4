//! The files of the app that this binary carries, ready to be sent. Which requests get which
//! file, and with what headers, is decided by the HTTP routes.

/// One file of the app, in every form that a browser may ask for.
#[derive(Debug)]
pub(crate) struct Asset {
    /// The path of its address, without the slash in front. The page itself is `index.html`;
    /// files below `assets/` have a digest of their content in their name.
    pub(crate) path: &'static str,
    /// Its media type.
    pub(crate) content_type: &'static str,
    /// A quoted entity tag that changes with the content.
    pub(crate) etag: &'static str,
    /// The file as it is.
    pub(crate) plain: &'static [u8],
    /// The file compressed with Brotli, if that makes it smaller.
    pub(crate) brotli: Option<&'static [u8]>,
    /// The file compressed with gzip, if that makes it smaller.
    pub(crate) gzip: Option<&'static [u8]>,
}

/// Every file, sorted by path. Without a built app it is one page that says so.
static ASSETS: &[Asset] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The file at `path`, which has no slash in front. Only exact paths are found: which other
/// addresses show the page is the caller's to know.
pub(crate) fn find(path: &str) -> Option<&'static Asset> {
    let index = ASSETS.binary_search_by(|asset| asset.path.cmp(path)).ok()?;
    ASSETS.get(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn there_is_always_a_page() {
        let page = find("index.html").expect("the app, or the page that says it is not built");
        assert_eq!(page.content_type, "text/html; charset=utf-8");
    }

    #[test]
    fn every_file_is_found_and_nothing_else() {
        assert!(ASSETS.is_sorted_by(|one, next| one.path < next.path));
        for asset in ASSETS {
            assert!(std::ptr::eq(find(asset.path).expect("it is in the table"), asset));
        }
        for path in ["", "/", "/index.html", "assets/", "assets/missing.js", "../Cargo.toml"] {
            assert!(find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn every_form_of_a_file_is_the_same_content() {
        for asset in ASSETS {
            if let Some(gzip) = asset.gzip {
                let mut whole = Vec::new();
                flate2::read::GzDecoder::new(gzip).read_to_end(&mut whole).expect("valid gzip");
                assert!(whole == asset.plain && gzip.len() < whole.len(), "{}", asset.path);
            }
            if let Some(brotli) = asset.brotli {
                let mut whole = Vec::new();
                brotli::BrotliDecompress(&mut &brotli[..], &mut whole).expect("valid brotli");
                assert!(whole == asset.plain && brotli.len() < whole.len(), "{}", asset.path);
            }
        }
    }

    #[test]
    fn entity_tags_are_quoted_and_tell_contents_apart() {
        let mut tags: Vec<_> = ASSETS.iter().map(|asset| (asset.etag, asset.plain)).collect();
        tags.sort_unstable();
        tags.dedup();
        for pair in tags.windows(2) {
            assert_ne!(pair[0].0, pair[1].0);
        }
        assert!(tags.iter().all(|(tag, _)| tag.starts_with('"') && tag.ends_with('"')));
    }
}
