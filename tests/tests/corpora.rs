//! What the fuzz targets have found worth keeping is judged again, by any compiler: see `fuzz/`.

#[test]
fn every_input_of_the_corpora_is_judged_as_before() {
    for (name, judge) in webhook_fuzz::TARGETS {
        assert!(webhook_fuzz::replay(name, judge, usize::MAX) > 0, "{name} has no corpus");
    }
}
