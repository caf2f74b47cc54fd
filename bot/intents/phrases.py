"""Commands of a few words, in the languages people type: a whole message is one of these, or it is none.

Patterns are written as `plain` leaves a text: small letters, no accents, single spaces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bot.intents.chatter import plain
from bot.intents.nouns import (
    Again,
    BackTo,
    Compare,
    Export,
    Finalize,
    Gallery,
    Help,
    Info,
    Intent,
    Paint,
    Panel,
    Pick,
    Redo,
    Sheet,
    Show,
    Star,
    Tray,
    Undo,
    Vary,
)


def phrase(core: str) -> Intent | None:
    """The command that these words are: as `polite.core` leaves them."""
    if intent := _PHRASES.get(core):
        return intent
    for pattern, meaning in _PATTERNS:
        if found := pattern.fullmatch(core):
            return meaning(tuple(int(number) if number else None for number in found.groups()))
    return None


def is_show(core: str) -> bool:
    """Whether these words ask to see again the version that stands before them: "v2: show"."""
    return core in _SHOW


def extending(core: str) -> str | None:
    """How much canvas these words ask for, as `extending.plan` has it: "zoom 2", "pan left", "wide"."""
    for pattern, how in _EXTENDING:
        if found := pattern.fullmatch(core):
            return f"zoom {(found[1] or '2').replace(' ', '.')}" if how == "zoom" else how
    return None


# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────────────

_WORDS: tuple[tuple[Intent, str], ...] = (
    (Undo(), "undo, undo that, undo it, undo this, undo last change, undo the last change, undo last edit,"
     " undo the last edit, go back, back, go back one, revert, revert that, rückgängig, rückgängig machen,"
     " das rückgängig machen, mach das rückgängig, mach es rückgängig, zurück, annuler, annule, annule ça,"
     " annuler ça, deshacer, deshaz, deshazlo, desfazer, desfaz, desfaça, annulla, отменить, отмени, отмена,"
     " 元に戻す, 元に戻して, 取り消し, 取り消す, 取り消して, 撤销, 撤銷, 撤回, 실행 취소, 실행 취소해, 되돌리기,"
     " 되돌려"),
    (Redo(), "redo, redo that, redo it, forward, wiederholen, wiederherstellen, vor, rétablir, rétablis, rehacer,"
     " refazer, ripeti, повторить, вернуть, やり直す, やり直し, やり直して, 重做, 다시 실행, 다시 실행해"),
    (Again(), "again, reroll, re roll, retry, try again, once more, one more time, another one, do it again,"
     " nochmal, noch mal, noch einmal, noch eins, encore, encore une fois, réessaye, otra vez, una vez más,"
     " otra más, de nuevo, de novo, outra vez, mais uma vez, tente de novo, ancora, ancora una volta, di nuovo,"
     " ещё раз, もう一度, もう一回, 再来, 再来一次, 再來一次, 再试一次, 다시, 다시 해, 한 번 더"),
    (Vary(), "vary, variation, variations, vary it, vary this, vary subtle, variiere, variieren, variante, varier,"
     " variación, variar, variação, varia, variazione, вариация, вариант, バリエーション, 变体, 變體, 변형"),
    (Vary(strong=True), "vary strong, strong variation, vary strongly, vary it strongly, stark variieren,"
     " starke variante, variiere stark, variation forte, varier fortement, variación fuerte, variação forte,"
     " variazione forte, сильная вариация, 大きく変える, 强烈变体, 강한 변형"),
    (Finalize(), "finalize, finalise, finalize it, finalise it, finalize this, finalisieren, fertigstellen,"
     " finaliser, finalise la, finalise le, finalizar, finaliza, finalizza, финализировать, 仕上げ, 仕上げて, 定稿,"
     " 마무리, 마무리해"),
    (Help(), "help, ?, hilfe, aide, ayuda, ajuda, aiuto, помощь, ヘルプ, 帮助, 幫助, 도움말"),
    (Tray(), "refs, references, reference, tray, show refs, show references, show the references, referenzen,"
     " références, referencias, referências, riferimenti, референсы, 参照, 参考图, 참조"),
    (Paint(), "paint, mask, paint a mask, paint mask, maske, maske malen, masque, máscara, maschera, маска, マスク,"
     " 蒙版, 마스크"),
    (Gallery(), "gallery, galerie, galería, galeria, galleria, галерея, ギャラリー, 画廊, 图库, 갤러리"),
    (Gallery(tree=True), "tree, history, versions, baum, verlauf, versionen, arbre, historique, árbol, historial,"
     " árvore, histórico, albero, cronologia, дерево, история, 履歴, 历史, 歷史, 기록"),
    (Sheet(), "contact sheet, sheet, kontaktabzug, planche contact, hoja de contacto, folha de contato,"
     " foglio provini, контактный лист, コンタクトシート, 缩略图, 밀착 인화"),
    (Export(), "export, export it, export this, download, download it, exportieren, exporter, exporte, exportar,"
     " exporta, esporta, экспорт, экспортируй, 書き出し, 書き出して, エクスポート, 导出, 匯出, 내보내기"),
    (Export(everything=True), "export all, export everything, export the thread, export thread, alles exportieren,"
     " tout exporter, exportar todo, exportar tudo, esporta tutto, экспорт всего, すべて書き出し, 全部导出,"
     " 모두 내보내기"),
    (Compare(), "diff, what changed, what has changed, was hat sich geändert, qu'est-ce qui a changé, qué cambió,"
     " o que mudou, cosa è cambiato, что изменилось, 比較, 比較して, 比较, 对比, 對比, 비교, 비교해"),
    (Star(), "star, star it, star this, favori, favorito, preferito, в избранное, お気に入り, 收藏, 즐겨찾기"),
    (Star(on=False), "unstar, unstar it, unstar this, お気に入り解除, 取消收藏, 즐겨찾기 해제"),
)  # fmt: skip
_PHRASES: Mapping[str, Intent] = {plain(word): intent for intent, words in _WORDS for word in words.split(",")}
_SHOW_WORDS = (
    "show, show it, show me, zeig, zeige, montre, muestra, mostra, mostre, покажи, 見せて, 表示, 显示, 顯示, 보여"
)
_SHOW = frozenset(plain(word) for word in _SHOW_WORDS.split(","))

# ── Patterns ─────────────────────────────────────────────────────────────────────────────────────────────────────

_V = r"(?:v|version|versione|versao|версия|версию|версии|バージョン|版本|버전) ?(\d{1,4})"
_N = r"v?((?<=v)\d{1,4}|\d{1,3})"  # without the v, four digits are a year
_ITEM = (
    r"(?:(?:the|das|die|la|le|el|a|o) )?"
    r"(?:(?:picture|image|number|bild|nummer|l image|numero|imagen|imagem|immagine|картинку|номер|图|第) ?)?"
)
_WITH = r"(?:and|with|to|vs|und|mit|et|avec|y|con|e|com|и|с)"
_AND = r"(?:と|和|与|跟|와|과)"

_Found = tuple[int | None, ...]
_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[_Found], Intent]], ...] = tuple(
    (re.compile(pattern), meaning)
    for pattern, meaning in (
        (r"(?:go |gehe? )?(?:back to|return to|revert to|zuruck zu|retour a|reviens a|revenir a|volver a|vuelve a"
         r"|voltar para|volta para|volte para|torna a|tornare a|вернись к|вернуться к|назад к|回到|返回)"
         rf"(?: the| la| a)? ?(?:第?(\d{{1,3}})|{_V})版?",
         lambda found: BackTo(found[0] or found[1] or 0)),
        (rf"{_V} ?(?:に戻す|に戻して|に戻って|へ戻す|로 돌아가|으로 돌아가|로 되돌려)",
         lambda found: BackTo(found[0] or 0)),
        (rf"(?:use|nimm|utilise|usa|используи|使用) ?{_V}", lambda found: BackTo(found[0] or 0)),
        (r"(?:(?:show(?: me)?|zeige?(?: mir)?|montre(?: moi)?|muestra(?:me)?|mostra(?:mi)?|mostre|покажи|显示|顯示)"
         rf" ?)?{_V}", lambda found: Show(found[0] or 0)),
        (rf"{_V}(?:を|을|를)? ?(?:見せて|表示|表示して|보여)", lambda found: Show(found[0] or 0)),
        (r"(?:(?:pick|choose|select|wahle|nimm|choisis|prends|elige|escoge|escolhe|escolha|scegli|выбери|选|选择|選"
         r"|選擇)"
         rf" ?)?{_ITEM}(\d{{1,2}})(?:番|번|张|張)?", lambda found: Pick(found[0] or 0)),
        (r"(\d{1,2})(?:番|번)?(?:を|을|를|で)? ?(?:選ぶ|選んで|선택|선택해)", lambda found: Pick(found[0] or 0)),
        (r"(?:compare|vergleiche|vergleichen|comparer|comparar|compara|confronta|сравни|сравнить)"
         rf"(?:(?: {_WITH})? {_N}(?: (?:{_WITH} )?{_N})?)?", lambda found: Compare(found[0], found[1])),
        (rf"(?:比較|比较|对比|對比|비교) ?{_N}(?: ?{_AND} ?| ){_N}", lambda found: Compare(found[0], found[1])),
        (rf"{_N} ?{_AND} ?{_N}(?:を|을|를)? ?(?:比較|比較して|比较|对比|비교|비교해)",
         lambda found: Compare(found[0], found[1])),
        (rf"(?:info|infos|инфо|情報|信息|정보)(?: ?(?:on |about |zu |sur |sobre |su |о )?{_N})?",
         lambda found: Info(found[0])),
        (rf"(?:paint|mask) {_V}", lambda found: Paint(found[0])),
        (rf"(?:export|exportiere|exporte|exporta|esporta|экспортируи|导出) ?{_V}", lambda found: Export(found[0])),
        (rf"(?:contact )?sheet (?:of )?{_V}", lambda found: Sheet(found[0])),
        (rf"star {_V}", lambda found: Star(found[0])),
        (rf"unstar {_V}", lambda found: Star(found[0], on=False)),
        (r"(?:redo|repeat|redraw) panel (\d{1,2})", lambda found: Panel(found[0] or 0)),
        (r"panel (\d{1,2}) (?:again|nochmal|noch einmal|encore|otra vez|de novo|di nuovo|еще раз)",
         lambda found: Panel(found[0] or 0)),
    )
)  # fmt: skip

# ── More canvas ──────────────────────────────────────────────────────────────────────────────────────────────────

_IT = r"(?:it|es|das|das bild|le|la|l image|lo|a imagem|la imagen|l immagine)"
_EXTENDING: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), how)
    for pattern, how in (
        (r"(?:zoom out|herauszoomen|rauszoomen|zoome? (?:bitte )?(?:raus|heraus)|zoom arriere"
         r"|dezoomer?|alejar?(?: el)? zoom"
         r"|(?:afastar?|reduzir|diminuir)(?: o)? zoom|zoom indietro|отдали камеру|отдалить камеру"
         r"|ズームアウト(?:する|して)?"
         r"|拉远(?:镜头)?|镜头拉远|줌 ?아웃해?)(?: ?(?:by |um |auf |de )?(1 5|2) ?(?:x|fach|倍)?)?", "zoom"),
        (r"pan left|(?:extend|expand) (?:to the )?left|nach links (?:erweitern|verlangern)|etend(?:s|re) a gauche"
         r"|(?:ampliar?|extender?|extiende) (?:a|hacia) la izquierda|(?:estender?|expandir?) para a esquerda"
         r"|(?:estendi|espandi) a sinistra|расширь влево|左に(?:広げる|広げて)|向左扩展|왼쪽으로 확장해?", "pan left"),
        (r"pan right|(?:extend|expand) (?:to the )?right|nach rechts (?:erweitern|verlangern)|etend(?:s|re) a droite"
         r"|(?:ampliar?|extender?|extiende) (?:a|hacia) la derecha|(?:estender?|expandir?) para a direita"
         r"|(?:estendi|espandi) a destra|расширь вправо|右に(?:広げる|広げて)|向右扩展|오른쪽으로 확장해?",
         "pan right"),
        (r"pan up|(?:extend|expand) (?:up|upwards?)|nach oben (?:erweitern|verlangern)|etend(?:s|re) vers le haut"
         r"|(?:ampliar?|extender?|extiende) hacia arriba|(?:estender?|expandir?) para cima"
         r"|(?:estendi|espandi) in alto|расширь вверх|上に(?:広げる|広げて)|向上扩展|위로 확장해?", "pan up"),
        (r"pan down|(?:extend|expand) (?:down|downwards?)|nach unten (?:erweitern|verlangern)|etend(?:s|re) vers le bas"
         r"|(?:ampliar?|extender?|extiende) hacia abajo|(?:estender?|expandir?) para baixo"
         r"|(?:estendi|espandi) in basso|расширь вниз|下に(?:広げる|広げて)|向下扩展|아래로 확장해?", "pan down"),
        (rf"make (?:it )?square|mach {_IT} quadratisch|quadratisch machen|format carre"
         r"|formato (?:cuadrado|quadrado|quadrato)|квадратныи формат|正方形に(?:する|して)|改成正方形|정사각형으로",
         "square"),
        (r"make (?:it )?wide|breitformat|querformat|format (?:large|paysage)|formato (?:ancho|panoramico|horizontal"
         r"|paisagem"
         r"|orizzontale)|широкии формат|横長に(?:する|して)|改成横版|가로로 길게", "wide"),
        (r"make (?:it )?tall|hochformat|format (?:haut|portrait)|formato (?:alto|vertical|retrato|verticale)"
         r"|вертикальныи формат|縦長に(?:する|して)|改成竖版|세로로 길게", "tall"),
    )
)  # fmt: skip
