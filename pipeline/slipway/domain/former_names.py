"""Words that files of an older Slipway use for what is called otherwise now; they are read permanently."""

CATEGORY_BOOST = "genre_boost"
CATEGORY_MIX_MAX = "genre_mix_max"

OFFLINE = {
    "genre_mix_distance": "category_mix_distance",
    "genre_mix_floor": "category_mix_floor",
    "genre_mix_by_genre": "category_mix_by_category",
    "genre_mix": "category_mix",
    "genre_mix_by_user": "category_mix_by_user",
}
"""Of the offline measurements: fields, and names of distances."""
