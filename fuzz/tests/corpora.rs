//! The corpora, one test a target. Under Miri, which takes a thousand times as long, some of each.

const MOST: usize = if cfg!(miri) { 16 } else { usize::MAX };

macro_rules! replay {
    ($($target:ident)*) => {$(
        #[test]
        fn $target() {
            let inputs = webhook_fuzz::replay(stringify!($target), webhook_fuzz::$target::judge, MOST);
            println!("{}: {} of {inputs} inputs", stringify!($target), inputs.min(MOST));
            assert!(inputs > 0, "the corpus is empty");
        }
    )*};
}

replay! { headers templates timestamps receive events forms }
