"""What people write in a picture's thread: edits and talk on the one hand, commands on the other, in ten languages."""

from __future__ import annotations

from bot.intents import (
    About,
    Again,
    BackTo,
    Compare,
    Edit,
    Export,
    Extend,
    Finalize,
    Gallery,
    Help,
    Info,
    Intent,
    Misused,
    New,
    Paint,
    Panel,
    Pick,
    Redo,
    SaveAs,
    Sheet,
    Show,
    Star,
    Tray,
    Undo,
    Vary,
)

ORDINARY = (
    """
make the sky pink | could you remove the second chair | pick a warmer tone | compare it to the old one |
show more of the mountain | export quality look | vary the colours of the houses | a star in the sky |
paint the wall blue | undo her ponytail | tree on the left | back to school theme | use v-neck shirt |
take 2 apples away | redo the sky | panel of wood | no mask | no tree please | just one more tree |
add a gallery wall | go back to 1950 | back to the 80s | show 3 birds | pick flowers for her | star wars style |
make it a history book cover | export label on the crate | the mask should be red | again but darker |
undo the buttons of his shirt | info desk on the right | a contact sheet of stamps on the desk |
refs in striped shirts | references to Dalí please | V8-engine in the car | v-shaped neckline |
zoom in on her face | zoom out of the window | make it wider than before | make her tall |
square tiles on the floor | pan on the stove | pan left of the stove | new york skyline | 12:30 on the clock |
16 : 9 | 2 more people | at 5:45 in the morning | help the man stand up | finalize the look of the dress |
reverse the direction of the car | can you undo the blur in the corner | please vary the faces |
variation in the leaves | the redo button on the screen should be green | download button bottom right |
compare prices sign on the door | what changed in the world newspaper headline |
once more with feeling, brighter | unstarched collar | forward lean on the runner | mach den Himmel rosa |
kannst du den zweiten Stuhl entfernen | nimm einen wärmeren Ton | zeig mehr vom Berg | vor dem Haus ein Baum |
Baum links | zurück in die Zukunft als Thema | mal die Wand blau | ein Stern am Himmel | noch ein Hund |
nochmal so groß | die Maske soll rot sein | rückgängig gemachte Frisur | hoch auf den Berg | mach es breiter |
mach das Auto quadratischer | Verlauf von blau nach rot | wiederhole das Muster | exportiere Kisten ins Bild |
Versionen von Mona Lisa an der Wand | nimm 2 Äpfel weg | vergleiche die beiden Hunde | Hilfe rufen die Leute |
kein Baum | neu gestrichene Wand | bitte die Haare kürzer | weiter weg die Berge | nach links schauen |
stark variierende Farben | fertig gestrichen | rends le ciel rose | peux-tu enlever la deuxième chaise |
choisis un ton plus chaud | montre plus la montagne | un arbre à gauche | encore un chien | encore plus sombre |
retour à la nature | une étoile dans le ciel | peins le mur en bleu | le masque en rouge | annule le flou |
varie les couleurs des maisons | compare les deux chiens | histoire de la mode | prends 2 pommes en moins |
une galerie d'art au fond | aide le monsieur | pas de masque | fais le plus large |
format plus grand sur le panneau | refais le ciel | une nouvelle coiffure | en avant du train |
la variante rouge de la robe | exporte les caisses | plus de contraste | à gauche un lampadaire |
dézoome sur le visage non | rien d'autre | v comme victoire | pon el cielo rosa |
puedes quitar la segunda silla | elige un tono más cálido | muestra más de la montaña |
un árbol a la izquierda | otra vez más oscuro | vuelve a pintar la pared | una estrella en el cielo |
pinta la pared de azul | la máscara roja | deshaz el nudo | varía los colores de las casas |
compara los dos perros | historia del arte | de nuevo pero con nieve | quita 2 manzanas | una galería de arte |
ayuda al hombre | sin máscara | hazlo más ancho | aleja la montaña un poco | rehacer el cielo |
formato de libro antiguo | hazlo alto como una torre | exporta calidad | más otra vez el perro |
una nueva chaqueta | las referencias a Goya | adelante un gato | variante azul del coche | deixe o céu rosa |
pode tirar a segunda cadeira | escolha um tom mais quente | mostre mais da montanha | uma árvore à esquerda |
mais uma vez o cachorro | de novo, mas mais escuro | volta para casa | uma estrela no céu |
pinte a parede de azul | a máscara vermelha | desfaça o nó | varie as cores das casas | compare os dois cães |
história do Brasil | tire 2 maçãs | uma galeria de arte | ajuda o homem | sem máscara | deixe mais largo |
afasta a montanha | refazer o céu | formato de coração | novo chapéu | outra cadeira | exportar qualidade |
a variação azul | para trás do muro | as referências a Portinari | zoom na cara dela | rendi il cielo rosa |
puoi togliere la seconda sedia | scegli un tono più caldo | mostra di più la montagna | un albero a sinistra |
ancora un cane | ancora più scuro | torna a casa il cane | una stella nel cielo | dipingi il muro di blu |
la maschera rossa | annulla la sfocatura | varia i colori delle case | confronta i due cani | storia dell'arte |
di nuovo ma con la neve | togli 2 mele | una galleria d'arte | aiuta l'uomo | senza maschera |
rendilo più largo | allontana la montagna | rifai il cielo | formato cartolina | nuova giacca | un'altra sedia |
esporta casse | la variante blu | in alto un aquilone | i riferimenti a Giotto | 空をピンクにして |
二つ目の椅子を消してください | もっと暖かい色にして | 山をもっと見せて | 左に木を一本 | もう一度だけ暗く |
壁を青く塗って | 空に星を | マスクを赤く | 色を変えて | 家の色をバリエーション豊かに | 犬を比較的小さく |
りんごを2個減らして | ギャラリーの壁に絵を | 助けを呼ぶ人を追加 | 帽子なしで | もっと横長の机に |
左に広げる傘を | 新しい帽子 | 元に戻った髪型 | 歴史の本を机に | 仕上げは木目で | やり直した感じの絵 |
背景をぼかして | 写真の右上に月 | 夜にして | v字の襟にして | 書き出しの文字を大きく |
お気に入りの帽子をかぶせて | 3番目の人を消して | 把天空变成粉色 | 请去掉第二把椅子 | 选一个暖一点的色调 |
多显示一点山 | 左边加一棵树 | 再来一只狗 | 把墙刷成蓝色 | 天上加一颗星 | 面具改成红色 | 撤销按钮画大一点 |
房子颜色变体多一些 | 比较小的狗 | 去掉两个苹果 | 画廊的墙上挂画 | 帮助那个人 | 不要面具 | 改成横版的招牌 |
拉远那座山 | 新帽子 | 历史书放桌上 | 定稿纸放在桌上 | 重做天空 | 背景虚化 | 右上角加月亮 | 变成夜晚 | 2个苹果 |
收藏品放在架子上 | 导出的箱子改成木头 | 缩小一点 | 回到过去的感觉 | сделай небо розовым |
можешь убрать второй стул | выбери тон потеплее | покажи больше горы | дерево слева | ещё одну собаку |
ещё раз собаку, но темнее | вернись к природе | звезда на небе | покрась стену в синий | маска красная |
отмени размытие | варьируй цвета домов | сравни двух собак | история искусства на обложке | убери 2 яблока |
галерея на стене | помощь человеку | без маски | сделай шире | отдали гору | повторить узор на ковре |
новая шляпа | вариант платья синий | экспорт надпись на ящике | вперёд смотрит кошка | размой фон |
справа вверху луна | сделай ночь | версия машины 1960 года | 하늘을 분홍색으로 바꿔줘 |
두 번째 의자를 지워 주세요 | 더 따뜻한 색으로 | 산을 더 보여줘 | 왼쪽에 나무 하나 | 다시 어둡게 |
벽을 파랗게 칠해줘 | 하늘에 별 하나 | 마스크를 빨갛게 | 흐림 효과를 되돌려 놓지 말고 밝게 | 집 색깔을 변형해줘 |
비교적 작은 개 | 사과 2개 빼줘 | 갤러리 벽에 그림 | 도움말 표지판을 추가해줘 | 모자 없이 | 가로로 긴 책상 |
새 모자 | 기록용 카메라를 손에 | 마무리 장식을 금색으로 | 배경을 흐리게 | 오른쪽 위에 달 | 밤으로 바꿔줘 |
한 번 더 접은 종이 | 참조 문구를 지워줘
""".replace("\n", " ")
    .strip()
    .split(" | ")
)

COMMANDS: tuple[tuple[Intent, str], ...] = (
    (Undo(), "undo | Undo! | UNDO | please undo | Could you undo that, please? | no, undo | oops, undo! | undo ↩️"
     " | undo 🙏"
     " | ｕｎｄｏ | un\u00addo | go\u00a0back | Undo the last change. | rückgängig | Ruckgangig | Bitte rückgängig!"
     " | Kannst du das rückgängig machen? | Zurück 🙂 | nein, zurück | Annuler | annule, s'il te plaît"
     " | peux-tu annuler ?"
     " | ¿puedes deshacer? | deshaz, por favor | Desfazer | desfaz por favor | Annulla, grazie | per favore annulla"
     " | отмени, пожалуйста | Отменить! | 元に戻す | 元に戻してください。 | 取り消してください | 请撤销"
     " | 撤销一下，谢谢！"
     " | 실행 취소해 주세요 | 되돌려줘"),
    (Redo(), "redo | Redo it! | forward | wiederherstellen | vor | rétablir | Retablir | rehacer | refazer | ripeti"
     " | вернуть | やり直してください | 重做吧 | 다시 실행해줘"),
    (Again(), "again | Again please 🔁 | Re-roll | once more | try again! | nochmal | Noch einmal, bitte | encore"
     " | Encore une fois stp | otra vez, por favor | de novo | mais uma vez | ancora | Ещё раз! | еще раз, пожалуйста"
     " | もう一度お願いします | 再来一次 | 请再来一次 | 다시 해줘"),
    (Vary(), "vary | Variations? | variiere | Variante bitte | varier | variación | variacion | variação | varia"
     " | вариация"
     " | バリエーション | 变体 | 변형"),
    (Vary(strong=True), "vary strong | Vary strongly! | stark variieren | variation forte | variación fuerte"),
    (Finalize(), "finalize | Finalise it, please | fertigstellen | finaliser | finalizar | finalizza | 仕上げてください"
     " | 定稿 | 마무리해 주세요"),
    (BackTo(3), "back to v3 | Back to version 3. | go back to the v3 | back to 3 | BACK TO V３ | use v3 | zurück zu v3"
     " | geh zurück zu Version 3 | retour à v3 | vuelve a la versión 3 | vuelve a v3 | voltar para v3"
     " | volta para a versão 3"
     " | torna a v3 | вернись к версии 3 | v3に戻して | ｖ３に戻してください | 回到v3 | 请回到第3版 | v3로 되돌려줘"),
    (Show(3), "show v3 | Show me v3, please | v3 | V3? | zeig mir v3 | montre-moi v3 | muéstrame v3 | mostra v3"
     " | покажи v3"
     " | v3を見せてください | 显示v3 | v3 보여줘 | v3: show | version 3: show it"),
    (Pick(2), "pick 2 | Pick number 2! | choose the picture 2 | 2 | pick 2️⃣ | pick ② | wähle 2 | nimm Bild 2"
     " | choisis la 2"
     " | prends l'image 2 | elige 2 | escolhe 2 | scegli 2 | выбери 2 | 2番を選んで | ２番 | 选2 | 选第２张"
     " | 2번 선택해줘"),
    (Compare(), "compare | Compare? | what changed? | vergleiche | comparer | comparar | confronta | сравни"
     " | 比較して | 对比"
     " | 비교해줘"),
    (Compare(2, 5), "compare v2 v5 | Compare v2 with v5, please | compare 2 and 5 | vergleiche v2 mit v5"
     " | compare v2 et v5"
     " | compara v2 con v5 | сравни v2 и v5 | v2とv5を比較してください | 比较v2和v5 | v2와 v5를 비교해줘"
     " | v5: compare with v2"),
    (Info(), "info | Info? | info, bitte | инфо | 情報 | 信息 | 정보"),
    (Info(3), "info v3 | info on v3 | Info zu v3 | v3: info | V３：ｉｎｆｏ"),
    (Extend("zoom 2"), "zoom out | Zoom out 2x! | zoom out by 2 | herauszoomen | Zoom bitte raus | zoom raus, bitte"
     " | dézoomer | zoom arrière | aleja el zoom | reduzir o zoom | zoom indietro | отдали камеру"
     " | ズームアウトして | 拉远镜头"
     " | 줌아웃"),
    (Extend("zoom 1.5"), "zoom out 1.5x | zoom out 1.5× | Zoom out 1,5x please | ズームアウト1.5倍"),
    (Extend("pan left"), "pan left | extend to the left | nach links erweitern | étends à gauche"
     " | extiende hacia la izquierda"
     " | estender para a esquerda | estendi a sinistra | расширь влево | 左に広げて | 向左扩展 | 왼쪽으로 확장"),
    (Extend("square"), "make square | Make it square, please | mach es quadratisch | format carré | formato cuadrado"
     " | formato quadrado | formato quadrato | квадратный формат | 正方形にして | 改成正方形 | 정사각형으로"),
    (Extend("wide"), "make it wide | Querformat | format paysage | formato panorámico | 横長にして | 改成横版"),
    (Extend("tall"), "make tall | Hochformat | format portrait | formato vertical | вертикальный формат | 縦長にして"),
    (Extend("pan up", "a kite"), "pan up: a kite | Pan up： a kite | nach oben erweitern: a kite"),
    (Paint(), "paint | mask | Paint a mask, please | Maske | masque | máscara | mascara | маска | マスク | 蒙版"
     " | 마스크"),
    (Gallery(), "gallery | Galerie | galería | galleria | галерея | ギャラリー | 画廊 | 갤러리"),
    (Gallery(tree=True), "tree | Tree please | history | Verlauf | historique | árbol | arvore | cronologia"
     " | история | 履歴"
     " | 历史"),
    (Sheet(), "contact sheet | sheet | Kontaktabzug | planche-contact | контактный лист | コンタクトシート"),
    (Export(), "export | Export, please | download | exportieren | exporter | exportar | esporta | экспорт"
     " | 書き出し | 导出"),
    (Export(version=3), "export v3 | v3: export | exportiere v3 | 导出v3"),
    (Export(everything=True), "export all | Export everything! | alles exportieren | tout exporter | 全部导出"),
    (Export(flags={"format": "png"}), "export --format png | export —format png | export ——format png"
     " | export －－format ｐｎｇ"
     " | export as PNG | --format png export"),
    (Star(), "star | Star it ⭐ | お気に入り | 收藏 | favorito | в избранное"),
    (Star(on=False), "unstar | unstar this"),
    (Star(3), "star v3 | v3: star"),
    (Tray(), "refs | show refs | Referenzen | références"),
    (Tray("add", ("#3",)), "refs add #3 | Refs add ＃３ | refs  add\u00a0#3"),
    (SaveAs("logo", "#3"), "save #3 as @logo | Save #3 as @Logo."),
    (SaveAs("logo", "v2"), "save v2 as @logo | v2: save as @logo"),
    (Panel(2), "redo panel 2 | Please redo panel 2! | repeat panel ２ | panel 2 again"),
    (Panel(2, "a ring"), "panel 2: a ring | Panel 2： a ring"),
    (New("a whale"), "new: a whale | New： a whale | neu: a whale | nouveau : a whale | nueva: a whale | новое: a whale"
     " | 新規：a whale | v2: new: a whale"),
    (Help(), "help | Help! | help? | Hilfe | aide | ayuda | помощь | ヘルプ | 帮助 | 도움말"),
    (Edit("blue", version=2), "v2: blue | V2 - blue | v2, blue | version 2: blue | Version 2 : blue | v２：blue"),
    (Edit("blue", image=2), "2: blue | 2 : blue | ２：blue | image 2: blue | Bild 2: blue | imagen 2: blue"
     " | 图2：blue"),
    (Edit("blue", version=2, image=3), "v2: 3: blue | V２：３：blue"),
    (Edit("left half: blue", version=2), "v2: left half: blue"),
    (Edit("left half: blue", version=2, image=3), "v2: 3: left half: blue"),
    (About(2, Undo()), "v2: undo | v2: please undo!"),
    (About(2, Redo()), "v2: redo"),
    (About(2, Again()), "v2: again | V2： again please"),
    (About(2, Again({"quality": "high"})), "v2: again --quality high | v2: again —quality high"),
    (About(2, Vary(strong=True)), "v2: vary strong"),
    (About(2, Finalize()), "v2: finalize"),
    (About(2, Panel(3, "a ring")), "v2: panel 3: a ring"),
    (About(2, Tray("clear")), "v2: refs clear"),
    (Extend("zoom 2", version=2), "v2: zoom out"),
    (Extend("zoom 2", version=2, image=3), "v2: 3: zoom out"),
    (Pick(3, 2), "v2: pick 3 | v2: 3"),
    (Paint(2), "v2: paint | paint v2"),
    (Paint(2, 3), "v2: 3: paint"),
    (Sheet(2), "v2: sheet | sheet v2"),
    (Compare(None, 2), "v2: compare"),
    (Help(), "2: undo | 2: vary | v2: back to v1 | v2: gallery | v2: export all | v2: v3: blue | v2: compare v3 v4"),
    (Misused("undo", {"ar": "1:1"}), "undo --ar 1:1 | v2: undo --ar 1:1"),
)  # fmt: skip
