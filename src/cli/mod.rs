//! Flags in, one call per command; the only folder that prints.
use crate::load::{self, Root};
use crate::{compile, page};
pub fn run() -> u8 {
    let root =
        Root::at(std::path::Path::new(&std::env::args().nth(1).unwrap_or(".".into()))).unwrap();
    let t = std::time::Instant::now();
    let sources = load::load(&root).unwrap();
    let bundle = compile::compile(sources, page::Options::default());
    for d in bundle.diagnostics() {
        let l = bundle.locate(&d);
        println!(
            "{}:{}:{}: {}[{}]: {}",
            l.path,
            l.line,
            l.column,
            l.severity.name(),
            l.code,
            l.message
        );
    }
    let out = std::env::args().nth(2);
    for a in bundle.addresses() {
        if let Some(o) = bundle.make(&a) {
            if let Some(out) = &out {
                let p = std::path::Path::new(out).join(&a);
                std::fs::create_dir_all(p.parent().unwrap()).unwrap();
                std::fs::write(p, &o.bytes).unwrap();
            }
        } else {
            println!("none {a}");
        }
    }
    println!("{:?}", t.elapsed());
    0
}
