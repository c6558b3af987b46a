//! Random runs: the same for whoever runs them, and each of them the same a second time.

use steadfast_explore::{Draw, Sample, sample};

use crate::program::Draws;

const DRAWS: [Draw; 4] = [Draw::Walk, Draw::Pos, Draw::Pct { changes: 2 }, Draw::Portfolio];

#[test]
fn every_schedule_is_the_same_a_second_time() {
    for seed in 0..40 {
        let program = Draws(seed).program();
        for draw in DRAWS {
            let sampled = sample(
                &program,
                &Sample {
                    draw,
                    seed,
                    runs: 0..50,
                    twice: true,
                    stop_at_violation: false,
                    ..Sample::default()
                },
            );
            let sampled = sampled.expect("programs end");
            assert_eq!(sampled.unsteady, Vec::<u64>::new(), "seed {seed}, {draw:?}");
            assert_eq!(sampled.schedules, 50);
        }
    }
}

/// Runs that two workers share are the runs that one of them would have made.
#[test]
fn runs_do_not_depend_on_who_makes_them() {
    let program = Draws(7).program();
    for draw in DRAWS {
        let steps = |runs| {
            let options = Sample { draw, runs, stop_at_violation: false, ..Sample::default() };
            sample(&program, &options).expect("programs end").steps
        };
        assert_eq!(steps(0..60), steps(0..25) + steps(25..60), "{draw:?}");
    }
}
