"""What the HTTP API takes and gives: the words of the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field

from dankmeme.api.beneath import here

Fraction = Annotated[float, Field(ge=0, le=1)]
Label = Literal["dank", "not dank", "can't tell"]
Seconds = Annotated[float, Field(description="Seconds since 1970, UTC.")]


class Plain(BaseModel):
    """An answer that may be made from an object with the same attributes."""

    model_config = ConfigDict(from_attributes=True)


class PictureAnswer(Plain):
    """A stored picture. Width and height are the original's, in pixels."""

    sha256: str
    width: int
    height: int
    animated: bool
    kept: bool = Field(description="False where the picture was dropped after the days that pictures are kept.")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def thumbnail(self) -> str:
        """Path of a JPEG of at most 400 pixels a side."""
        return here(f"/api/v1/images/{self.sha256}/thumbnail.jpg")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def picture(self) -> str:
        """Path of the clean picture, a JPEG."""
        return here(f"/api/v1/images/{self.sha256}/picture.jpg")


class PostBrief(Plain):
    """A post, as a link to it needs it."""

    id: str
    title: str
    community: str
    permalink: str | None
    created_utc: Seconds | None
    score: int | None
    nsfw: bool


class SeenPost(Plain):
    """A stored post of a picture that somebody asks about."""

    post: PostBrief
    image: PictureAnswer
    kind: Literal["exact", "near"]


class VerdictAnswer(BaseModel):
    """The headline: how likely a meme is to be among the top 30 % of what it is compared with."""

    probability: Fraction = Field(description="Calibrated probability that the meme's percentile is 0.70 or more.")
    low: Fraction = Field(description="Lower end of the interval around `probability`.")
    high: Fraction = Field(description="Upper end of the interval around `probability`.")
    percentile: Fraction = Field(description="Share of validation memes with a lower forecast.")
    label: Label
    reason: str | None = Field(description="Why the model can't tell; null where it can.")
    compared_with: str = Field(description="The memes that probability and percentile refer to.")


class ModelAnswer(BaseModel):
    """What one model says by itself."""

    probability: Fraction
    version: str


class ModelsAnswer(BaseModel):
    """Every model's own probability; null for one that was not asked or could not answer."""

    cnn: ModelAnswer | None
    automl: ModelAnswer | None


class ContextAnswer(ModelAnswer):
    """The forecast with title and time of posting, which the verdict knows nothing of."""

    reads: list[Literal["title", "clock"]]


class ImageAnswer(BaseModel):
    """What the bytes were."""

    format: str
    width: int
    height: int
    animated: bool


class ClassifyAnswer(BaseModel):
    """A whole verdict."""

    input: str = Field(description="The URL as given, or `upload`.")
    sha256: str
    pdq: str = Field(description="PDQ perceptual hash, 64 hexadecimal digits.")
    verdict: VerdictAnswer
    models: ModelsAnswer
    context: ContextAnswer | None = Field(
        description="With title and time of posting; null where the model reads neither or lacks what it reads."
    )
    caption: str | None = Field(description="The caption used; null where captions were not read.")
    caption_source: Literal["read", "given", "none"]
    image: ImageAnswer
    milliseconds: float
    seen: list[SeenPost] | None = Field(
        default=None, description="Stored posts of this picture, or of one that looks the same; null: nobody looked."
    )


class ClassifyUrl(BaseModel):
    """A picture by its address."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(min_length=1, max_length=2_048, description="An http or https address.")]
    caption: str | None = Field(default=None, max_length=2_000, description="Use this caption instead of reading it.")
    title: str | None = Field(default=None, max_length=2_000, description="Title of the post, for `context` alone.")
    posted_at: str | None = Field(
        default=None, max_length=64, description="When it is posted, ISO 8601, UTC unless it says; likewise."
    )


class FeedbackRequest(BaseModel):
    """A verdict that a person thinks is wrong (or right)."""

    model_config = ConfigDict(extra="forbid")

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    verdict: VerdictAnswer
    models: ModelsAnswer
    opinion: Literal["dank", "not dank"]
    comment: str | None = Field(default=None, max_length=1_000)


class FeedbackAnswer(BaseModel):
    """The feedback is kept."""

    status: Literal["kept"]


class FigureAnswer(BaseModel):
    """One measured figure with its 95 % interval."""

    name: str
    value: float
    low: float
    high: float
    includes_chance: bool


class ModelCardAnswer(BaseModel):
    """The bundled model in short: what it compares with, how good it is, what it cannot tell."""

    name: str
    version: str
    compared_with: str
    base_rate: Fraction
    dank_from: Fraction = Field(description="Forecasts from here on are called dank.")
    figures: list[FigureAnswer]
    caveats: list[str]


class Problem(BaseModel):
    """An error as RFC 9457 problem details, with our stable `code`."""

    type: str
    title: str
    status: int
    detail: str
    code: str


class LegacyPrediction(BaseModel):
    """The 2018 answer."""

    status: Literal["success"]
    prediction: Fraction


class LegacyError(BaseModel):
    """The 2018 error."""

    status: Literal["error"]
    message: str
