//! The files of the console, which are compiled into the function.

use axum::http::HeaderMap;

use crate::coding::{Coding, best};

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// A file of `dist`.
pub(crate) struct Asset {
    /// The path below `/console/`.
    path: &'static str,
    /// The value of `Content-Type`.
    pub(crate) content_type: &'static str,
    /// The ETag, which is weak because it is the same for every content coding.
    pub(crate) etag: &'static str,
    plain: &'static [u8],
    br: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

impl Asset {
    /// Returns the file at a path as in a URL: `index.html`, `assets/index-B1xY.js`.
    pub(crate) fn at(path: &str) -> Option<&'static Self> {
        ASSETS.iter().find(|asset| asset.path == path)
    }

    /// Whether the file's name contains a hash of its content, so that the content at this path never changes.
    pub(crate) fn is_immutable(&self) -> bool {
        // Vite puts only files with hashed names in this folder.
        self.path.starts_with("assets/")
    }

    /// The file's bytes in the content coding that the request prefers.
    pub(crate) fn encoded(&self, request: &HeaderMap) -> (Coding, &'static [u8]) {
        let codings = [(Coding::Br, self.br), (Coding::Gzip, self.gzip), (Coding::Identity, Some(self.plain))];
        let offered: Vec<_> = codings.into_iter().filter_map(|(coding, bytes)| Some((coding, bytes?))).collect();
        best(&offered, request).unwrap_or((Coding::Identity, self.plain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The maximum size of all files of the console as a browser loads them.
    const MAX_COMPRESSED: usize = 120_000;

    #[test]
    fn the_console_stays_small() {
        let size = |of: fn(&Asset) -> Option<&'static [u8]>| -> usize {
            ASSETS.iter().map(|asset| of(asset).unwrap_or(asset.plain).len()).sum()
        };
        for (coding, size) in [("br", size(|asset| asset.br)), ("gzip", size(|asset| asset.gzip))] {
            assert!(size <= MAX_COMPRESSED, "{size} bytes in {coding}; load code later, or remove some");
        }
    }
}
