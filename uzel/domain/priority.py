"""Priority out of impact and urgency, by a matrix that an administrator may edit."""

from collections.abc import Mapping, Sequence

from uzel.kernel.errors import Invalid

CRITICAL, HIGH, NORMAL, LOW = 1, 2, 3, 4
NAMES: Mapping[int, str] = {CRITICAL: "critical", HIGH: "high", NORMAL: "normal", LOW: "low"}

Matrix = tuple[tuple[int, int, int], ...]

# Rows: impact 1 (many people or the business stands), 2 (a group, or not known), 3 (one person can go on).
# Columns: urgency 1 (now), 2 (soon, or not known), 3 (can wait).
DEFAULT_MATRIX: Matrix = (
    (CRITICAL, HIGH, NORMAL),
    (HIGH, NORMAL, LOW),
    (NORMAL, LOW, LOW),
)


def priority_of(impact: int, urgency: int, matrix: Matrix = DEFAULT_MATRIX) -> int:
    """1 (critical) .. 4 (low). Raises ValueError when impact or urgency is not 1, 2 or 3."""
    if impact not in (1, 2, 3) or urgency not in (1, 2, 3):
        raise ValueError(f"impact and urgency are 1, 2 or 3, not {impact} and {urgency}")
    return matrix[impact - 1][urgency - 1]


def read_matrix(rows: Sequence[Sequence[int]]) -> Matrix:
    """The matrix that an administrator typed. Raises Invalid when it has a hole or ranks a worse case lower."""
    matrix = tuple(tuple(row) for row in rows)
    if len(matrix) != 3 or any(len(row) != 3 or not set(row) <= NAMES.keys() for row in matrix):
        raise Invalid(
            "The matrix needs three rows of three priorities from 1 to 4. Fill every cell.",
            "В матрице три строки по три приоритета от 1 до 4. Заполните каждую ячейку.",
        )
    falling = [line for line in (*matrix, *zip(*matrix, strict=True)) if list(line) != sorted(line)]
    if falling:
        raise Invalid(
            f"A higher impact or urgency must not give a lower priority. Correct the row or column {falling[0]}.",
            f"Большее влияние или срочность не может снижать приоритет. Исправьте строку или столбец {falling[0]}.",
        )
    return tuple((row[0], row[1], row[2]) for row in matrix)
