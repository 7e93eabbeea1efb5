//! The console's files, as the function carries them.

use axum::http::HeaderMap;

use crate::coding::{Coding, best};

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// A file of `dist`.
pub(crate) struct Asset {
    /// Where it is below `/console/`.
    path: &'static str,
    /// Its `Content-Type`.
    pub(crate) content_type: &'static str,
    /// Weak, because it is the same for each content coding.
    pub(crate) etag: &'static str,
    plain: &'static [u8],
    br: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

impl Asset {
    /// The file at this path, as a URL has it: `index.html`, `assets/index-B1xY.js`.
    pub(crate) fn at(path: &str) -> Option<&'static Self> {
        ASSETS.iter().find(|asset| asset.path == path)
    }

    /// Whether its name says what is in it, so that what is at its path never changes.
    pub(crate) fn is_immutable(&self) -> bool {
        // Vite puts hashed names there, and nothing else.
        self.path.starts_with("assets/")
    }

    /// Its bytes in the coding that the request would have most.
    pub(crate) fn encoded(&self, request: &HeaderMap) -> (Coding, &'static [u8]) {
        let codings = [(Coding::Br, self.br), (Coding::Gzip, self.gzip), (Coding::Identity, Some(self.plain))];
        let offered: Vec<_> = codings.into_iter().filter_map(|(coding, bytes)| Some((coding, bytes?))).collect();
        best(&offered, request).unwrap_or((Coding::Identity, self.plain))
    }
}
