//! Converts the county boundaries (TopoJSON) to constants, so that no phone has to parse them.

use serde_json::Value;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

type Point = (f64, f64);
type Start = (i32, i32);
type Step = (i16, i16);

fn main() -> Result<(), Box<dyn Error>> {
    let source = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../public/boundaries.topojson");
    println!("cargo:rerun-if-changed={}", source.display());
    let topology: Value = serde_json::from_str(&fs::read_to_string(source)?)?;
    let arcs = decode_arcs(&topology).ok_or("the topology has no readable arcs")?;
    let counties = topology["objects"]["counties"]["geometries"].as_array().ok_or("no counties")?;
    let mut code =
        "/// The counties, in the order in which they are drawn.\npub static OUTLINES: &[Outline] = &[\n".to_owned();
    for county in counties {
        let properties = &county["properties"];
        let side = match properties["side"].as_str() {
            Some("a") => "Some(Side::A)",
            Some("b") => "Some(Side::B)",
            _ => "None",
        };
        let ring = ring(&county["arcs"][0], &arcs).ok_or("an outline names an arc that is not there")?;
        let (start, steps) = steps(&ring).ok_or("an outline has a step of over a third of a degree")?;
        writeln!(
            code,
            "    Outline {{ code: {}, name: {}, name_en: {}, side: {side}, label: ({:?}, {:?}), start: {start:?}, steps: &{steps:?} }},",
            properties["code"],
            properties["name"],
            properties["name_en"],
            properties["label"][0].as_f64().ok_or("no label")?,
            properties["label"][1].as_f64().ok_or("no label")?,
        )?;
    }
    code.push_str("];\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("outlines.rs"), code)?;
    Ok(())
}

/// Decodes arcs: sequences of integer steps, which scale and translation turn into degrees (TopoJSON 2.1.2, 2.1.4).
fn decode_arcs(topology: &Value) -> Option<Vec<Vec<Point>>> {
    let pair = |value: &Value| Some((value[0].as_f64()?, value[1].as_f64()?));
    let scale = pair(&topology["transform"]["scale"])?;
    let origin = pair(&topology["transform"]["translate"])?;
    let round = |degrees: f64| (degrees * 1e5).round() / 1e5;
    let decode = |arc: &Value| {
        let (mut x, mut y) = (0.0, 0.0);
        let step = |step: &Value| {
            let (dx, dy) = pair(step)?;
            (x, y) = (x + dx, y + dy);
            Some((round(x * scale.0 + origin.0), round(y * scale.1 + origin.1)))
        };
        arc.as_array()?.iter().map(step).collect()
    };
    topology["arcs"].as_array()?.iter().map(decode).collect()
}

/// Encodes a ring as its first point and the steps between points, in units of 1e-5 degrees, which takes a quarter of
/// the space.
fn steps(ring: &[Point]) -> Option<(Start, Vec<Step>)> {
    let whole = |degrees: f64| (degrees * 1e5).round() as i32;
    let points: Vec<(i32, i32)> = ring.iter().map(|(x, y)| (whole(*x), whole(*y))).collect();
    let step = |pair: &[(i32, i32)]| {
        Some(((pair[1].0 - pair[0].0).try_into().ok()?, (pair[1].1 - pair[0].1).try_into().ok()?))
    };
    Some((*points.first()?, points.windows(2).map(step).collect::<Option<_>>()?))
}

/// Joins arcs to a ring. Each arc starts where the last one ended; `!n` is arc n reversed.
fn ring(indices: &Value, arcs: &[Vec<Point>]) -> Option<Vec<Point>> {
    let mut ring: Vec<Point> = Vec::new();
    for index in indices.as_array()? {
        let index = index.as_i64()?;
        let arc = arcs.get(usize::try_from(if index < 0 { !index } else { index }).ok()?)?;
        let mut points = arc.clone();
        if index < 0 {
            points.reverse();
        }
        ring.pop();
        ring.extend(points);
    }
    Some(ring)
}
