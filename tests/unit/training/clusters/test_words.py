"""Words of posts in any script."""

import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score
from slipway.domain.clusters import ClusterRecipe
from slipway.training.clusters.partition import restart
from slipway.training.clusters.space import embed
from slipway.training.clusters.words import words

LETTERS_FIRST = re.compile(r"\b[^\W\d_]\w+\b")

WRITTEN = {
    "Chinese": ("啤酒 麦芽 发酵 酒花", "量子 纠缠 测量 叠加"),
    "Japanese": ("ビール 麦芽 発酵 ホップ", "りょうし もつれ 測定 かさね"),
    "Thai": ("เบียร์ มอลต์ หมักดอง ฟองเบียร์", "ควอนตัม พัวพัน วัดค่า ซ้อนทับ"),
    "Hindi": ("बीयर माल्ट किण्वन झाग", "क्वांटम उलझाव मापन तरंग"),
    "Arabic": ("بِيرَة شَعِير تَخْمِير رَغْوَة", "كَمّ تَشَابُك قِيَاس مَوْجَة"),
    "Korean": ("맥주 맥아 발효 거품", "양자 얽힘 측정 파동"),
    "Greek": ("μπύρα βύνη ζύμωση αφρός", "κβαντικός διεμπλοκή μέτρηση κύμα"),
}
WITHOUT_SPACES = {"Chinese", "Japanese", "Thai"}
"""What two posts about beer and about quanta could consist of."""


@given(st.text(st.characters(max_codepoint=127)))
def test_words_in_plain_letters_are_what_a_simple_pattern_finds(text):
    """Without signs beyond ASCII, a word is a letter and more letters, digits or underscores."""
    assert words(text) == LETTERS_FIRST.findall(text.lower())


@given(st.text())
def test_one_word_in_two_unicode_forms_is_one_word(text):
    """Composed and decomposed signs give the same words."""
    text = text.lower()
    both = [words(unicodedata.normalize(form, text)) for form in ("NFKC", "NFKD")]
    assert both[0] == both[1]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("हिन्दी में लिखो", ["हिन्दी", "में", "लिखो"]),
        ("喝啤酒!beer", ["喝啤", "啤酒", "beer"]),
        ("ไม่มี", ["ไม่ม", "ม่มี"]),
        ("\uff22\uff25\uff25\uff32 cafe\u0301", ["beer", "café"]),
        ("ن\u200cم", ["ن\u200cم"]),
        ("😀 🎉👍🏽 a 7 _b 5th", []),
    ],
)
def test_marks_belong_to_their_letters_and_dense_scripts_are_read_in_groups(text, found):
    """Vowel signs do not cut words, scripts without spaces give groups, and emoji give none."""
    assert words(text) == found


@pytest.mark.parametrize("script", WRITTEN)
def test_posts_in_any_script_are_told_apart(script):
    """Two topics of posts, each of all their words in some order, are two clusters."""
    rng = np.random.default_rng(6)
    topic, gap = np.arange(80) % 2, "" if script in WITHOUT_SPACES else " "
    said = [gap.join(rng.permutation(WRITTEN[script][place].split())) for place in topic]
    recipe = ClusterRecipe("test", dimensions=5, max_share_of_word=0.6)
    found = restart(embed(said, recipe).vectors, 2, 5, 1)
    assert adjusted_rand_score(topic, found) == 1
