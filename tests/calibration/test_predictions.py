import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtui.calibration.predictions import evaluate, have_same_labels, load
from mixtui.calibration.scores import score_logits, score_probs, score_top_label
from mixtui.errors import MixtuiError

LOGITS = np.array([[2.0, 0.5, -1.0], [0.1, 0.2, 3.0], [1.0, 1.5, 0.0]], dtype=np.float32)
PROBS = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.3, 0.5, 0.2]])
LABELS = np.array([0, 2, 0])
HEADER = "true_label,pred_label,confidence\n"


@pytest.fixture
def write_npz(tmp_path):
    def write(**arrays):
        path = tmp_path / "predictions.npz"
        np.savez(path, **arrays)
        return path

    return write


@pytest.fixture
def write_csv(tmp_path):
    def write(text):
        path = tmp_path / "predictions.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def refusal(path):
    with pytest.raises(MixtuiError) as refused:
        load(path)
    assert refused.value.message.startswith(str(path))
    assert "\n" not in refused.value.message
    assert refused.value.hint
    return refused.value.message


def test_logits_and_probs_are_told_apart_by_name_alone(write_npz):
    # Values that could be either: what counts is the name.
    assert load(write_npz(logits=PROBS, labels=LABELS)).kind == "logits"
    assert load(write_npz(probs=PROBS, labels=LABELS)).kind == "probs"


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_with_logits_is_evaluated_and_other_arrays_are_ignored(tmp_path, save):
    path = tmp_path / "predictions.NPZ"
    with path.open("wb") as file:
        save(file, logits=LOGITS, labels=LABELS, ids=np.array(["a", "b", "c"]))
    assert evaluate(load(path), 7).scores == score_logits(LOGITS, LABELS, 7).scores


def test_npz_with_probs_is_evaluated(write_npz):
    path = write_npz(probs=PROBS, labels=LABELS)
    assert evaluate(load(str(path))).scores == score_probs(PROBS, LABELS).scores


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"logits": LOGITS, "probs": PROBS, "labels": LABELS}, "both logits and probs"),
        ({"labels": LABELS}, "neither an array logits nor"),
        ({"logits": LOGITS}, "no array labels"),
        ({"logits": LOGITS, "labels": LABELS[:2]}, r"shape \(3, 3\) and labels has shape \(2,\)"),
        ({"logits": LOGITS[:, 0], "labels": LABELS}, "shape"),
        ({"logits": LOGITS[:0], "labels": LABELS[:0]}, "no samples"),
        ({"logits": LOGITS, "labels": LABELS + 1}, "labels: row 1 .* is 3, .* 0 to 2"),
        ({"logits": LOGITS, "labels": LABELS.astype(float)}, "labels is of type float64"),
        ({"logits": LOGITS, "labels": LABELS.astype(object)}, "cannot be read"),
        (
            {"logits": np.where(LOGITS == 3, np.nan, LOGITS), "labels": LABELS},
            "logits: row 1 .* nan or infinity: nan in column 2",
        ),
        ({"probs": LOGITS, "labels": LABELS}, "probs: row 0 .* outside 0 to 1: 2.0 in column 0"),
        ({"probs": PROBS * [[1], [1], [0.9]], "labels": LABELS}, "probs: row 2 .* sum to one but to 0.9"),
    ],
)
def test_unfit_npz_is_refused(write_npz, arrays, message):
    path = write_npz(**arrays)
    with pytest.raises(MixtuiError, match=message):
        load(path)
    refusal(path)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_npz_cut_short_is_refused(write_npz, share):
    path = write_npz(logits=LOGITS, labels=LABELS)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "cut short" in refusal(path)


@given(position=st.integers(0, 10**6), byte=st.integers(0, 255))
def test_npz_with_a_damaged_byte_is_read_or_refused(tmp_path_factory, position, byte):
    path = tmp_path_factory.mktemp("damaged") / "predictions.npz"
    np.savez_compressed(path, logits=LOGITS, labels=LABELS)
    content = bytearray(path.read_bytes())
    content[position % len(content)] = byte
    path.write_bytes(content)
    try:
        predictions = load(path)
    except MixtuiError:
        return
    np.testing.assert_array_equal(predictions.outputs, LOGITS)
    np.testing.assert_array_equal(predictions.targets, LABELS)


def test_array_file_named_npz_is_refused(tmp_path):
    path = tmp_path / "predictions.npz"
    with path.open("wb") as file:
        np.save(file, LOGITS)
    assert "not a .npz file" in refusal(path)


def test_csv_is_evaluated(write_csv):
    path = write_csv(HEADER + "cat,cat,0.9\ndog,cat,0.6\n7,7,1\n")
    predictions = load(path)
    assert predictions.kind == "top-label"
    assert evaluate(predictions, 5).scores == score_top_label([0.9, 0.6, 1.0], [1, 0, 1], 5).scores


def test_csv_columns_may_stand_in_any_order_among_others(write_csv):
    path = write_csv('confidence, id ,pred_label,true_label \n0.25,"a,""b",x,y\n0.5,c, x ,"x"\n')
    predictions = load(path)
    assert predictions.outputs.tolist() == [0.25, 0.5]
    assert predictions.targets.tolist() == [0, 1]


def test_csv_from_a_spreadsheet_is_read(write_csv):
    predictions = load(
        write_csv(b"\xef\xbb\xbf" + (HEADER + "1,1, 0.5 \n\n2,1,5e-1\n\n").replace("\n", "\r\n").encode())
    )
    assert predictions.outputs.tolist() == [0.5, 0.5]
    assert predictions.targets.tolist() == [1, 0]


def test_csv_labels_are_compared_as_text(write_csv):
    assert load(write_csv(HEADER + "3,3.0,0.5\n")).targets.tolist() == [0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("\n" + HEADER, "empty"),
        (HEADER, "no samples"),
        ("true_label,confidence\n1,0.5\n", "line 1, has no column pred_label"),
        ("true_label;pred_label;confidence\n1;1;0.5\n", "no column true_label"),
        ("1,1,0.5\n", "line 1, has no column true_label"),
        ("true_label,pred_label,confidence,confidence\n1,1,0.5,0.5\n", "more than one column confidence"),
        (HEADER + "1,1,0.5\n1,1,high\n", "Line 3 has 'high' in column confidence, not a number"),
        (HEADER + "1,1,\n", "Line 2 has '' in column confidence, not a number"),
        (HEADER + "1,1,0.5\n\n1,1,nan\n", "Line 4 has 'nan' in column confidence"),
        (HEADER + "1,1,inf\n", "Line 2 has 'inf' in column confidence, not from 0 to 1"),
        (HEADER + "1,1,-0.01\n", "Line 2 has '-0.01' in column confidence, not from 0 to 1"),
        (HEADER + "1,1,87\n", "Line 2 has '87' in column confidence, not from 0 to 1"),
        (HEADER + "1,1,0.5\n1,0.5\n", "Line 3 has 2 fields, the header has 3: column confidence is missing"),
        (HEADER + "1,1,0.5\n1", "Line 3 has 1 field, the header has 3: column pred_label is missing"),
        (HEADER + "1,1,0.5,x\n", "Line 2 has 4 fields, the header has 3"),
        (HEADER + " ,1,0.5\n", "Line 2 has nothing in column true_label"),
        (HEADER + "1,,0.5\n", "Line 2 has nothing in column pred_label"),
        (HEADER + '1,1,0.5\n1,"1,0.5\n', "Line 3 cannot be read"),
        (HEADER.encode() + b"\xff\xfe,1,0.5\n", "not UTF-8"),
    ],
)
def test_unfit_csv_is_refused(write_csv, text, message):
    assert message in refusal(write_csv(text))


label = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1).filter(str.strip)


@given(st.lists(st.tuples(label, label, st.floats(0, 1)), min_size=1, max_size=10))
def test_any_csv_that_python_writes_is_read_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("written") / "predictions.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("true_label", "pred_label", "confidence"))
        writer.writerows(rows)
    predictions = load(path)
    assert predictions.outputs.tolist() == [row[2] for row in rows]
    assert predictions.targets.tolist() == [row[0].strip() == row[1].strip() for row in rows]


def test_missing_file_is_refused(tmp_path):
    assert "does not exist" in refusal(tmp_path / "none.npz")


@pytest.mark.parametrize("name", ["folder", "folder.npz", "folder.csv"])
def test_directory_is_refused(tmp_path, name):
    (tmp_path / name).mkdir()
    assert "directory" in refusal(tmp_path / name)


def test_unknown_suffix_is_refused(tmp_path):
    path = tmp_path / "predictions.txt"
    path.write_text(HEADER + "1,1,0.5\n")
    assert "neither in .npz nor in .csv" in refusal(path)


def test_predictions_of_the_same_labels_are_known_across_formats(write_npz, write_csv):
    from_csv = load(write_csv(HEADER + "0,1,0.5\n 2 ,2,0.9\n0,0,0.7\n"))
    from_npz = load(write_npz(logits=LOGITS, labels=LABELS.astype(np.uint8)))
    assert have_same_labels(from_npz, from_csv)
    assert have_same_labels(from_npz, load(write_npz(probs=PROBS, labels=LABELS)))


@pytest.mark.parametrize(
    "rows",
    ["2,1,0.5\n0,2,0.9\n0,0,0.7\n", "0,1,0.5\n2,2,0.9\n", '"0\n2",1,0.5\n0,2,0.9\n', "a,1,0.5\nb,2,0.9\na,0,0.7\n"],
)
def test_other_labels_or_another_order_are_not_the_same(write_npz, write_csv, rows):
    assert not have_same_labels(load(write_npz(logits=LOGITS, labels=LABELS)), load(write_csv(HEADER + rows)))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_value_far_into_a_large_file_is_named_by_row_and_column(write_npz, bad):
    logits = np.zeros((200_000, 3), dtype=np.float16)
    logits[[150_001, 190_000], [1, 0]] = bad
    assert f"row 150001 (counted from 0) holds nan or infinity: {bad} in column 1" in refusal(
        write_npz(logits=logits, labels=np.zeros(200_000, dtype=np.int64))
    )
