//! Stories with names: what people fear will go wrong, and how it goes. The notation is in
//! `src/story.rs`; what holds for all stories there could be is in `laws`.

use palimpsest_tests::story::check;

#[test]
fn two_type_at_the_same_place() {
    check(
        "
        ana: type 0 'Who: all. '
        jonas: type 0 'When: Monday. '
        sync
        expect 'Who: all. When: Monday. '
    ",
    );
}

#[test]
fn words_typed_at_once_do_not_mix() {
    check(
        "
        ana: type 0 'c'   | jonas: type 0 'd'
        ana: type 1 'a'   | jonas: type 1 'o'
        ana: type 2 't'   | jonas: type 2 'g'
        sync              | expect 'catdog'
    ",
    );
    // Also when they come key by key, each an event of its own.
    check(
        "
        ana: type 0 'c' | jonas: type 0 'd' | ana: pause | jonas: pause
        ana: type 1 'a' | jonas: type 1 'o' | ana: pause | jonas: pause
        ana: type 2 't' | jonas: type 2 'g'
        sync            | expect 'catdog'
    ",
    );
}

#[test]
fn typing_backwards_at_once_does_not_mix() {
    check(
        "
        ana: type 0 't' | ana: pause | ana: type 0 'a' | ana: pause | ana: type 0 'c'
        jonas: type 0 'g' | jonas: pause | jonas: type 0 'o' | jonas: pause | jonas: type 0 'd'
        sync | expect 'catdog'
    ",
    );
}

#[test]
fn both_edit_one_paragraph_offline() {
    check(
        "
        ana: paste 0 'The meeting is on Monday at ten.' | sync | jonas: opens
        jonas: leave | ana: leave
        ana: replace 18 6 'Tuesday'   | ana sees 'The meeting is on Tuesday at ten.'
        jonas: replace 28 3 'eleven'  | jonas sees 'The meeting is on Monday at eleven.'
        ana: return | jonas: return | sync
        expect 'The meeting is on Tuesday at eleven.'
    ",
    );
}

#[test]
fn an_insert_into_what_another_deletes_stays() {
    check(
        "
        ana: paste 0 'one two three' | jonas: leave | sync | jonas: return | sync
        ana: delete 3 4 | jonas: type 5 'X' | sync
        expect 'oneX three'
    ",
    );
}

#[test]
fn what_both_delete_is_gone_once() {
    check(
        "
        ana: paste 0 'abcdef' | jonas: opens | sync
        ana: delete 1 3 | jonas: delete 2 3 | sync
        expect 'af'
    ",
    );
}

#[test]
fn undo_takes_back_only_ones_own() {
    check(
        "
        ana: paste 0 'plan ' | jonas: opens | sync
        jonas: paste 5 'B' | sync | ana: paste 0 'A' | sync
        jonas: undo | sync | expect 'Aplan '
        jonas: redo | sync | expect 'Aplan B'
    ",
    );
}

#[test]
fn undo_of_a_deletion_brings_it_back_beside_what_others_wrote_there() {
    check(
        "
        ana: paste 0 'abcdef' | jonas: opens | sync
        ana: delete 1 4 | sync | jonas: paste 1 'NEW' | sync
        expect 'aNEWf'
        ana: undo | sync | expect 'abcdeNEWf'
    ",
    );
}

#[test]
fn undo_does_not_take_what_another_wrote_inside() {
    check(
        "
        ana: paste 0 'long paragraph' | jonas: opens | sync
        jonas: paste 4 ' and good' | sync
        ana: undo | sync | expect ' and good'
        ana: redo | sync | expect 'long and good paragraph'
    ",
    );
}

#[test]
fn a_burst_is_undone_as_one() {
    check(
        "
        ana: type 0 'h' | ana: type 1 'e' | ana: type 2 'y' | ana: pause | ana: type 3 '!'
        ana: undo | ana sees 'hey' | ana: undo | ana sees '' | ana: undo fails
        ana: redo | ana: redo | ana sees 'hey!' | ana: redo fails
    ",
    );
}

#[test]
fn what_another_sends_ends_the_burst() {
    check(
        "
        ana: type 0 'ab' | jonas: paste 0 'X' | sync | ana: type 2 'c' | sync
        ana: undo | sync | expect 'abX'
    ",
    );
}

#[test]
fn restoring_an_old_version_while_others_type() {
    check(
        "
        ana: paste 0 'first' | sync | ana: replace 0 5 'second' | jonas: opens | sync
        revision 2 is 'first'
        ana: go to 2 | jonas: type 6 '!' | sync
        expect 'first!'
        revision 3 is 'second' | revision 4 is 'first'
        ana: undo | sync | expect 'second!'
    ",
    );
}

#[test]
fn restoring_what_is_there_already_is_refused() {
    check("ana: paste 0 'a' | sync | ana: go to 2 fails");
}

#[test]
fn two_rename_at_once() {
    check(
        "
        jonas: opens | ana: rename 'Plan' | jonas: rename 'Agenda' | sync
        title 'Agenda'
        ana: rename 'Minutes of May' | sync | title 'Minutes of May'
    ",
    );
}

#[test]
fn an_archived_document_is_read_only_until_it_is_brought_back() {
    check(
        "
        ana: paste 0 'kept' | jonas: opens | sync
        ana: archive | sync | archived
        jonas: type 0 'x' fails | jonas: rename 'y' fails | ana: archive fails
        jonas: bring back | sync | not archived
        jonas: type 4 '!' | sync | expect 'kept!'
    ",
    );
}

#[test]
fn what_was_typed_while_another_archived_is_kept() {
    check(
        "
        jonas: leave | ana: archive | sync
        jonas: type 0 'not lost' | jonas: return | sync
        archived | expect 'not lost'
        jonas: type 0 'x' fails
    ",
    );
}

#[test]
fn two_archive_at_once_and_one_brings_back() {
    check(
        "
        jonas: opens | ana: archive | jonas: archive | sync | archived
        ana: bring back | sync | not archived
        jonas: archive | sync | archived
    ",
    );
}

#[test]
fn names_of_moments() {
    check(
        "
        ana: paste 0 'a' | sync | ana: name 'Draft' | sync | ana: paste 1 'b' | sync
        ana: name 'Final' | sync
        names 'Draft@2 Final@4'
        jonas: name '' | sync
        names 'Draft@2 Final@4'
    ",
    );
}

#[test]
fn somebody_opens_the_document_much_later() {
    check(
        "
        ana: paste 0 'one ' | sync | jonas: paste 4 'two ' | sync | ana: delete 0 1 | sync
        mia sees 'ne two ' | mia: paste 7 'three' | sync | expect 'ne two three'
        revision 2 is 'one ' | revision 3 is 'one two '
    ",
    );
}

#[test]
fn a_long_time_offline() {
    check(
        "
        ana: paste 0 'list:\\n' | jonas: opens | sync
        jonas: leave
        jonas: paste 6 'milk\\n' | jonas: paste 11 'bread\\n' | jonas: rename 'Shopping'
        ana: paste 6 'soap\\n' | sync | ana: replace 0 4 'List' | sync
        jonas: return | sync
        expect 'List:\\nsoap\\nmilk\\nbread\\n'
        title 'Shopping'
    ",
    );
}

#[test]
fn three_fill_one_empty_line() {
    check(
        "
        ana: paste 0 'a\\n\\nz' | jonas: opens | mia: opens | sync
        ana: type 2 'A' | jonas: type 2 'J' | mia: type 2 'M' | sync
        expect 'a\\nAJM\\nz'
    ",
    );
}

#[test]
fn characters_of_all_sizes() {
    check(
        "
        ana: paste 0 'a𝄞b👨‍👩‍👧c' | jonas: opens | sync
        ana: delete 1 1 | jonas: paste 2 'é' | sync
        expect 'aéb👨‍👩‍👧c'
        ana: undo | sync | expect 'a𝄞éb👨‍👩‍👧c'
    ",
    );
}

#[test]
fn a_change_past_the_end_is_refused() {
    check("ana: type 0 'ab' | ana: type 3 'c' fails | ana: delete 1 2 fails | ana sees 'ab'");
}

#[test]
#[should_panic(expected = "the text is")]
fn a_story_that_goes_another_way_is_noticed() {
    check("ana: type 0 'a' | expect 'b'");
}
