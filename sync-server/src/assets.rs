//! The app's files, which are part of the binary.

/// One file of the app, with the forms it can be sent in.
pub(crate) struct Asset {
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

static PAGE: Asset = Asset {
    content_type: "text/html; charset=utf-8",
    etag: "\"none\"",
    plain: b"<!doctype html><title>Palimpsest</title><p>This binary was built without the app.",
    brotli: None,
    gzip: None,
};

/// The file at `path`, which has no slash in front.
pub(crate) fn find(path: &str) -> Option<&'static Asset> {
    (path == "index.html").then_some(&PAGE)
}
