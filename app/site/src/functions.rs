//! Lists what the chunks consist of, for `.ci/size`: the functions by size, and the chunks of each split point.

use crate::program::Result;
use crate::wasm::Split;
use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;
use wasmparser::{KnownCustom, Name, Parser, Payload, TypeRef};

/// A function of a chunk.
#[derive(Debug, PartialEq, Eq)]
struct Function {
    /// Demangled name, or its number if it has none.
    name: String,
    /// Size of its body in bytes.
    bytes: u64,
}

/// Writes `functions.tsv` (chunk, bytes, name) and `chunks.tsv` (split point, chunk) into a folder. The chunks must still
/// have their names.
pub fn write(split: &Split, folder: &Path) -> Result<()> {
    let mut functions = String::new();
    for chunk in &split.chunks {
        let name = chunk.file_name().unwrap_or_default().display();
        for function in list(&std::fs::read(chunk)?)? {
            writeln!(functions, "{name}\t{}\t{}", function.bytes, function.name)?;
        }
    }
    std::fs::write(folder.join("functions.tsv"), functions)?;
    let mut chunks = String::new();
    for (point, stems) in &split.chunks_of_points {
        for stem in stems {
            writeln!(chunks, "{point}\t{stem}.wasm")?;
        }
    }
    std::fs::write(folder.join("chunks.tsv"), chunks)?;
    Ok(())
}

/// Returns the functions of a module, the largest first.
fn list(module: &[u8]) -> Result<Vec<Function>> {
    let mut imported = 0_u32;
    let mut sizes = Vec::new();
    let mut names = HashMap::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => sizes.push(body.range().end - body.range().start),
            Payload::CustomSection(section) => {
                let KnownCustom::Name(subsections) = section.as_known() else { continue };
                for subsection in subsections {
                    // Later subsections name locals and types.
                    let Name::Function(functions) = subsection? else { continue };
                    for naming in functions {
                        let naming = naming?;
                        names.insert(naming.index, format!("{:#}", rustc_demangle::demangle(naming.name)));
                    }
                }
            }
            _ => {}
        }
    }
    let function = |(index, bytes): (u32, u64)| {
        let name = names.remove(&index).unwrap_or_else(|| format!("function {index}"));
        Function { name, bytes }
    };
    let mut functions: Vec<Function> = (imported..).zip(sizes).map(function).collect();
    functions.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
    Ok(functions)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types, imports, function types and code of a module with an imported function and two of its own.
    const MODULE: &[u8] = b"\0asm\x01\0\0\0\
        \x01\x04\x01\x60\0\0\
        \x02\x07\x01\x01m\x01f\0\0\
        \x03\x03\x02\0\0\
        \x0a\x0a\x02\x02\0\x0b\x05\0\x01\x01\x01\x0b";
    const MANGLED: &str = "_ZN3app4save17h0123456789abcdefE";

    #[test]
    fn functions_are_listed_by_size_with_demangled_names() {
        let length = u8::try_from(MANGLED.len()).unwrap();
        // The custom section names the third function.
        let (section, subsection) = ([0, length + 10, 4], [1, length + 3, 1, 2, length]);
        let names = [&section, b"name".as_slice(), &subsection, MANGLED.as_bytes()];
        let functions = list(&[MODULE, &names.concat()].concat()).unwrap();
        let expected = [("app::save", 5), ("function 1", 2)];
        assert_eq!(functions, expected.map(|(name, bytes)| Function { name: name.to_owned(), bytes }));
    }

    #[test]
    fn file_that_is_no_module_is_an_error() {
        assert!(list(b"no module").is_err());
    }
}
