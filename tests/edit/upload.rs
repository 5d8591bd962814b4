//! Pictures that are put beside pages: what they may be, what they are called, and what they no longer tell.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Rgb, RgbImage};

use super::{ask, json, tree};
use crate::serve::{Served, site, write};

/// A picture that is not the same turned round.
fn picture() -> DynamicImage {
    let shade = |of: u32, step: u32| u8::try_from(of * step).unwrap_or(u8::MAX);
    let pixel = |x, y| Rgb([shade(x, 9), shade(y, 14), 128]);
    DynamicImage::ImageRgb8(RgbImage::from_fn(24, 16, pixel))
}

fn encoded(format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture().write_to(&mut bytes, format).expect("it is written");
    bytes.into_inner()
}

/// What a camera writes: how to turn the picture, and where it was taken.
fn exif() -> Vec<u8> {
    let mut out = b"II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\x0e\x01\x02\0\x0b\0\0\0\x26\0\0\0\0\0\0\0".to_vec();
    out.extend(b"GPS-SECRET\0");
    out
}

fn jpeg() -> Vec<u8> {
    let plain = encoded(ImageFormat::Jpeg);
    let segment = |marker: u8, body: &[u8]| {
        let length = u16::try_from(body.len() + 2).expect("it is short").to_be_bytes();
        [&[0xff, marker], length.as_slice(), body].concat()
    };
    let exif = segment(0xe1, &[b"Exif\0\0", exif().as_slice()].concat());
    let xmp = segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0<x>GPS-SECRET</x>");
    let comment = segment(0xfe, b"GPS-SECRET");
    [&plain[..2], &exif, &xmp, &comment, &plain[2..], b"GPS-SECRET behind the end"].concat()
}

fn png() -> Vec<u8> {
    let plain = encoded(ImageFormat::Png);
    let chunk = |name: &[u8], body: &[u8]| {
        let length = u32::try_from(body.len()).expect("it is short").to_be_bytes();
        let named = [name, body].concat();
        let mut crc = flate2::Crc::new();
        crc.update(&named);
        [length.as_slice(), &named, &crc.sum().to_be_bytes()].concat()
    };
    let at = plain.windows(4).position(|name| name == b"IDAT").expect("it has data") - 4;
    [&plain[..at], &chunk(b"eXIf", &exif()), &chunk(b"tEXt", b"Comment\0GPS-SECRET"), &plain[at..]]
        .concat()
}

fn upload(served: &Served, target: &str, bytes: &[u8]) -> crate::serve::Answer {
    ask(
        served.port,
        "POST",
        &format!("/_kami/upload/{target}"),
        "Content-Type: image/png\r\n",
        bytes,
    )
}

#[test]
fn pictures_tell_nothing_and_look_the_same() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    for (name, bytes, format) in
        [("photo.jpg", jpeg(), ImageFormat::Jpeg), ("shot.png", png(), ImageFormat::Png)]
    {
        assert!(bytes.windows(10).any(|part| part == b"GPS-SECRET"));
        let answer = upload(&served, &format!("wiki?name={name}"), &bytes);
        let told = json(&answer);
        assert_eq!(
            (answer.status, told["path"].as_str()),
            (201, Some(&*format!("wiki/{name}"))),
            "{}",
            answer.text()
        );
        let kept = std::fs::read(site.path().join(format!("wiki/{name}"))).unwrap();
        assert!(!kept.windows(10).any(|part| part == b"GPS-SECRET"), "{name} tells a place");
        let decoder = ImageReader::with_format(Cursor::new(&kept), format).into_decoder();
        let orientation =
            decoder.expect("it is whole").orientation().expect("it says how to turn it");
        assert_eq!(orientation.to_exif(), 6, "{name}");
        let shown = image::load_from_memory_with_format(&kept, format).expect("it is whole");
        let before = image::load_from_memory_with_format(&encoded(format), format).unwrap();
        assert_eq!(shown.to_rgb8(), before.to_rgb8(), "{name} is not encoded anew");
    }
    // The next page that is made shows it, with its size as it is turned.
    let draft = ask(served.port, "POST", "/_kami/preview/wiki/Page.md", "", b"![a](photo.jpg)\n");
    assert!(draft.holds("width=\"16\" height=\"24\""), "{}", draft.text());
}

#[test]
fn nothing_is_overwritten_and_names_are_sensible() {
    let site = site();
    write(site.path(), "wiki/a.png", "mine");
    let served = Served::start(site.path(), &[]);
    let png = encoded(ImageFormat::Png);
    for (asked, path, markdown) in [
        ("wiki?name=a.png", "wiki/a-2.png", "![a](a-2.png)"),
        ("wiki?name=a.png", "wiki/a-3.png", "![a](a-3.png)"),
        ("wiki?name=my%20photo%20(1).PNG", "wiki/my_photo_1.png", "![my photo 1](my_photo_1.png)"),
        ("wiki?name=%E7%B4%99.jpg", "wiki/紙.png", "![紙](紙.png)"),
        ("wiki/sub?name=..%2f..%2fx.png", "wiki/sub/x.png", "![x](x.png)"),
        ("decks?name=C%3A%5Cpics%5CCON.png", "decks/CON_.png", "![CON ](CON_.png)"),
        ("decks?name=.hidden", "decks/file.png", "![file](file.png)"),
        ("decks", "decks/file-2.png", "![file](file-2.png)"),
    ] {
        let answer = upload(&served, asked, &png);
        let told = json(&answer);
        assert_eq!(
            (told["path"].as_str(), told["markdown"].as_str()),
            (Some(path), Some(markdown)),
            "{asked}: {}",
            answer.text()
        );
        assert_eq!(std::fs::read(site.path().join(path)).unwrap(), png);
    }
    assert_eq!(std::fs::read(site.path().join("wiki/a.png")).unwrap(), b"mine");
    let before = tree(site.path());
    for folder in [
        "",
        "static",
        "templates",
        "..",
        "wiki/..",
        "wiki/%2e%2e/x",
        "wiki/.git",
        ".kami/trash",
        "wiki%2f..%2fx",
        "/etc",
    ] {
        let answer = upload(&served, &format!("{folder}?name=x.png"), &png);
        assert!((400..500).contains(&answer.status), "{folder}: {}", answer.text());
    }
    assert_eq!(tree(site.path()), before);
}

#[test]
fn what_could_run_or_is_something_else_is_refused() {
    let site = site();
    let served = Served::start(site.path(), &[]);
    let before = tree(site.path());
    let svg = |inside: &str| format!("<svg xmlns=\"http://www.w3.org/2000/svg\">{inside}</svg>");
    let scripts = [
        "<script>alert(1)</script>",
        "<SCRIPT/>",
        "<svg:script>x</svg:script>",
        "<a href=\"javascript:alert(1)\"><text>x</text></a>",
        "<a href=\"java&#115;cript:alert(1)\"/>",
        "<a xlink:href=\"https://evil.example\"/>",
        "<rect onload=\"x\"/>",
        "<rect/onload=x>",
        "<rect ONCLICK='x'/>",
        "<foreignObject><p>x</p></foreignObject>",
        "<style>@import url(//evil.example)</style>",
        "<image href=\"//evil.example/x.png\"/>",
        "<use href=\"data:image/svg+xml,x\"/>",
        "<animate attributeName=\"href\" to=\"javascript:x\"/>",
        "<rect fill=\"url(https://evil.example/#a)\"/>",
        "<iframe src=\"/\"/>",
    ];
    for inside in scripts {
        let answer = upload(&served, "wiki?name=x.svg", svg(inside).as_bytes());
        assert_eq!(answer.status, 415, "{inside}: {}", answer.text());
    }
    for bytes in [
        b"<html><script>alert(1)</script>".as_slice(),
        b"<!doctype html>",
        b"#!/bin/sh\n",
        b"",
        b"text",
        b"\x7fELF\x02\x01",
        b"\x89PNG\r\n\x1a\nnothing",
        b"\xff\xd8\xff\xe0 no jpeg",
        b"<?xml version=\"1.0\"?><!DOCTYPE svg [<!ENTITY a \"b\">]><svg></svg>",
    ] {
        let answer = upload(&served, "wiki?name=x.png", bytes);
        assert_eq!(answer.status, 415, "{:?}: {}", String::from_utf8_lossy(bytes), answer.text());
    }
    let large = [encoded(ImageFormat::Png), vec![0; 33 << 20]].concat();
    let answer = upload(&served, "wiki?name=x.png", &large);
    assert!(answer.status == 413 && answer.holds("32 MiB"), "{}", answer.text());
    assert_eq!(tree(site.path()), before);
    let drawing =
        svg("<defs><path id=\"a\" d=\"M0 0\"/></defs><use href=\"#a\"/><text>once</text>");
    assert_eq!(upload(&served, "wiki?name=x.svg", drawing.as_bytes()).status, 201);
    assert_eq!(std::fs::read_to_string(site.path().join("wiki/x.svg")).unwrap(), drawing);
}
