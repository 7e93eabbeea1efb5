//! Generates the table of the console's files: each with its content type, its ETag, and its bytes, plain and
//! compressed.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use brotli::enc::BrotliEncoderParams;
use data_encoding::HEXLOWER;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

/// The best quality of brotli. It is slow, but the files are compressed only once per build.
const BROTLI_QUALITY: i32 = 11;
/// The largest window that every browser supports: 4 MiB.
const BROTLI_WINDOW: i32 = 22;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("dist");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed=dist");
    println!("cargo:rerun-if-changed=build.rs");
    let mut files = vec![];
    collect(&root, &mut files)?;
    files.sort();
    if !files.contains(&root.join("index.html")) {
        return Err(format!("{} has no index.html: `make console` builds it", root.display()).into());
    }
    let mut table = "static ASSETS: &[Asset] = &[\n".to_owned();
    for (number, file) in files.iter().enumerate() {
        table += &row(&root, file, &out.join(number.to_string()))?;
    }
    table += "];\n";
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Returns a file's row of the table, and writes its plain and compressed forms to `out`, each with its own extension.
fn row(root: &Path, file: &Path, out: &Path) -> Result<String, Box<dyn Error>> {
    let bytes = fs::read(file)?;
    let path = file.strip_prefix(root)?.to_str().ok_or("a file's name is not text")?;
    let etag = format!("W/\"{}\"", &HEXLOWER.encode(&Sha256::digest(&bytes))[..32]);
    let mut row = format!("    Asset {{ path: {path:?}, content_type: {:?}, etag: {etag:?}", content_type(file)?);
    // Refer to the files by their names in the table's folder, not by a path of this checkout, because another checkout
    // may build in the same folder.
    let keep = |name: &str, bytes: &[u8]| {
        let out = out.with_extension(name);
        fs::write(&out, bytes)?;
        out.file_name().map(|name| format!("include_bytes!({name:?})")).ok_or_else(|| io::Error::other("no name"))
    };
    write!(row, ", plain: {}", keep("plain", &bytes)?)?;
    for (name, compressed) in [("br", brotli(&bytes)?), ("gzip", gzip(&bytes)?)] {
        // Files that are already compressed, such as images, only get larger.
        if compressed.len() < bytes.len() {
            write!(row, ", {name}: Some({})", keep(name, &compressed)?)?;
        } else {
            write!(row, ", {name}: None")?;
        }
    }
    row += " },\n";
    Ok(row)
}

fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let how = BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        lgwin: BROTLI_WINDOW,
        size_hint: bytes.len(),
        ..BrotliEncoderParams::default()
    };
    let mut compressed = vec![];
    brotli::BrotliCompress(&mut &*bytes, &mut compressed, &how)?;
    Ok(compressed)
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(vec![], Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn content_type(file: &Path) -> Result<&'static str, String> {
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("html") => Ok("text/html; charset=utf-8"),
        Some("js") => Ok("text/javascript; charset=utf-8"),
        Some("css") => Ok("text/css; charset=utf-8"),
        Some("md") => Ok("text/markdown; charset=utf-8"),
        Some("svg") => Ok("image/svg+xml"),
        Some("png") => Ok("image/png"),
        Some("ico") => Ok("image/x-icon"),
        Some("woff2") => Ok("font/woff2"),
        Some("webmanifest") => Ok("application/manifest+json"),
        _ => Err(format!("{}: which content type is that? Add it in {}", file.display(), file!())),
    }
}
