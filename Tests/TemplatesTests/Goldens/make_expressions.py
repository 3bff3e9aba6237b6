"""Makes expressions.jsonl: what jinja2 makes of small templates, in the two settings in which the field uses it.

Run with jinja2 3.1.6; the settings are those of transformers for chat templates (a sandbox with trim_blocks,
lstrip_blocks, loop controls and a `tojson` of its own) and of lm-evaluation-harness for task files (strict undefined,
the last newline kept, `regex_replace`). Each line holds a dialect, a template, its variables, and either the text that
came out or the name of the error. `{"value": ...}` instead of a text is what the single expression evaluates to.
"""

import json
import re

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

VARIABLES = {
    "n": 7, "x": 2.5, "neg": -7, "name": "World", "empty": "", "nothing": None, "yes": True,
    "words": ["pear", "Apple", "fig", "apple"], "numbers": [3, 1, 2], "nested": [[1, 2], [3]],
    "text": "  The quick brown fox\n", "d": {"b": 1, "a": [None, True, 1.5], "items": "own"},
    "people": [{"name": "Ann", "age": 30, "job": {"title": "cook"}}, {"name": "bob", "age": 25, "job": {"title": "smith"}},
               {"name": "Cy", "age": 30, "job": {"title": "cook"}}],
    "choices": ["yes", "no", "it's", 'a "quote"'], "answer": 1, "uni": "héllo wörld ß 東京 🙂", "esc": "a\tb\\c\u00a0\u200b",
    "html": "<a href='x'>T&C</a>", "big": 1e16, "small": 1.5e-7, "third": 1 / 3, "pairs": [["a", 1], ["b", 2]],
}

BOTH = r"""
{{ name }} {{ n }} {{ x }} {{ nothing }} {{ yes }}
{{ words }}
{{ d }}
{{ d['a'] }} {{ d.a[2] }} {{ d.b }}
{{ choices }}
{{ uni }} {{ [uni] }}
{{ [esc] }}
{{ [] }} {{ {} }} {{ () }} {{ (1,) }} {{ (1, 2) }} {{ 1, 2 }}
{{ 7 // 2 }} {{ neg // 2 }} {{ 7 % 3 }} {{ neg % 3 }} {{ 7 / 2 }} {{ 6 / 2 }}
{{ 7.5 // 2 }} {{ -7.5 % 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }}
{{ 1 + 2 * 3 - 4 }} {{ (1 + 2) * 3 }} {{ -n }} {{ +n }} {{ - -n }}
{{ 1 + 1.0 }} {{ 1e3 }} {{ 1.5e-7 }} {{ big }} {{ small }} {{ third }} {{ 1e22 }} {{ 123456789012345680.0 }} {{ 0.1 + 0.2 }}
{{ 1_000 }} {{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 100.0 }} {{ 0.0001 }} {{ 0.00001 }}
{{ true + true }} {{ true * 3 }} {{ 1 == true }} {{ 1 == 1.0 }} {{ '1' == 1 }}
{{ 'ab' * 3 }} {{ 3 * 'ab' }} {{ [1] * 3 }} {{ 'ab' * -1 }}
{{ 'a' + 'b' }} {{ 'a' ~ 1 ~ none ~ true ~ 1.0 }} {{ [1] + [2] }}
{{ 'a' 'b' "c" }}
{{ 'it\'s' }} {{ "q\"q" }} {{ 'a\nb' }} {{ 'a\\b' }} {{ '\x41\u00e9\U0001F642' }} {{ '\d' }}
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ 1 <= 1 != 2 }}
{{ 'a' in 'cat' }} {{ 'b' not in 'cat' }} {{ 1 in [1, 2] }} {{ 'a' in d }} {{ '' in 'x' }} {{ 3 in (1, 2) }}
{{ not true }} {{ not 0 }} {{ true and 'x' }} {{ 0 or 'y' }} {{ '' and 1 }} {{ none or [] }}
{{ 'a' if n > 5 else 'b' }} {{ 'a' if n > 50 else 'b' if n > 5 else 'c' }}
{{ not n in [1] }} {{ not n == 7 }} {{ n is odd and not n is even }}
{{ words[0] }} {{ words[-1] }} {{ words[1:3] }} {{ words[::-1] }} {{ words[-3:-1] }} {{ words[::2] }} {{ words[5:] }}
{{ name[0] }} {{ name[-1] }} {{ name[1:3] }} {{ name[::-1] }} {{ name[3:0:-1] }} {{ name[:-1] }} {{ uni[-1] }} {{ uni[1:4] }}
{{ (1, 2, 3)[1:] }} {{ range(5)[2] }} {{ range(5) | list }} {{ range(5, 0, -2) | list }} {{ range(3) }} {{ range(1, 9, 2) }}
{{ text | trim }}|{{ text.strip() }}|{{ text.lstrip() }}|{{ text.rstrip() }}|
{{ 'xxaxx'.strip('x') }} {{ 'abcab'.lstrip('ab') }} {{ 'abcab'.rstrip('ab') }} {{ 'xxaxx' | trim('x') }}
{{ 'a,b,,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a b c'.split(' ', 1) }} {{ 'a b c'.rsplit(' ', 1) }} {{ 'a  b c '.split(None, 1) }} {{ ' a b  c'.rsplit(None, 1) }}
{{ 'a\nb\r\nc'.splitlines() }} {{ 'a\nb\n'.splitlines(true) }}
{{ 'abc'.startswith('ab') }} {{ 'abc'.endswith('bc') }} {{ 'abc'.startswith(('x', 'a')) }} {{ 'abc'.startswith('b', 1) }}
{{ 'banana'.replace('an', 'AN') }} {{ 'banana'.replace('a', 'o', 2) }} {{ 'ab'.replace('', '-') }}
{{ 'banana'.find('an') }} {{ 'banana'.rfind('an') }} {{ 'banana'.index('n') }} {{ 'banana'.count('an') }} {{ 'banana'.find('x') }} {{ 'banana'.find('an', 2) }} {{ 'abc'.count('') }}
{{ 'Hello World'.upper() }} {{ 'Hello World'.lower() }} {{ "it's a dog's life".title() }} {{ 'hELLO wORLD'.capitalize() }} {{ 'Hello'.swapcase() }}
{{ 'straße'.upper() }} {{ uni.upper() }} {{ uni.title() }} {{ 'ÀÉ'.lower() }}
{{ 'a-b'.join(['1', '2', '3']) }} {{ ', '.join(words) }} {{ ''.join([]) }}
{{ '12'.isdigit() }} {{ '1a'.isdigit() }} {{ 'ab'.isalpha() }} {{ 'a1'.isalnum() }} {{ ' '.isspace() }} {{ ''.isdigit() }} {{ '½'.isnumeric() }} {{ '²'.isdigit() }} {{ 'AB'.isupper() }} {{ 'ab1'.islower() }} {{ 'Ab Cd'.istitle() }}
{{ '7'.zfill(3) }} {{ '-7'.zfill(4) }} {{ 'ab'.rjust(5) }}| {{ 'ab'.ljust(5, '.') }} {{ 'ab'.center(7, '*') }} {{ 'abc'.center(6, '*') }} {{ 'a'.center(4, '*') }}
{{ 'a=b=c'.partition('=') }} {{ 'a=b=c'.rpartition('=') }} {{ 'abc'.partition('x') }} {{ 'prefix-x'.removeprefix('prefix-') }} {{ 'x.txt'.removesuffix('.txt') }}
{{ '{} and {}'.format(1, 'b') }} {{ '{0}{1}{0}'.format('a', 'b') }} {{ '{x:>5}|{y:<5}|{z:^5}|'.format(x=1, y='b', z=2.5) }} {{ '{:.2f} {:05d} {:,} {:.1%} {:e} {:+d} {:x}'.format(3.14159, 42, 1234567, 0.256, 12345.678, 5, 255) }} {{ '{{}} {!r}'.format('a') }}
{{ '{0[name]} {0[age]}'.format(people[0]) }} {{ '{:*^9}'.format('mid') }} {{ '{:g} {:g}'.format(0.5, 1000000.0) }} {{ '{}'.format(1.0) }} {{ '{:10.3}|'.format('abcdef') }}
{{ '%s is %d and %.2f' % ('a', 3, 2.5) }} {{ '%5d|%-5d|%05d' % (42, 42, 42) }} {{ '%r %%' % 'x' }} {{ '%(a)s-%(b)d' % {'a': 1, 'b': 2} }} {{ '%x %o %e %g' % (255, 8, 12345.678, 0.0001) }} {{ '%s' % [1] }} {{ '%s %s' | format('a', 'b') }}
{{ d.keys() | list }} {{ d.values() | list }} {{ d['items'] }} {{ d.get('b') }} {{ d.get('z') }} {{ d.get('z', 'dflt') }}
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}
{{ {'a': 1}.items() }} {{ {'a': 1}.keys() }} {{ {'a': 1}.values() }}
{{ {1: 'a', 'b': [2], none: 3, true: 4}}}
{{ {'a': 1} == {'a': 1.0} }} {{ [1, 2] == [1, 2] }} {{ (1, 2) == [1, 2] }} {{ 'a' == 'b' }} {{ none == none }} {{ 'x' != 'y' }}
{{ words | length }} {{ 'abc' | length }} {{ d | count }} {{ uni | length }} {{ range(4) | length }}
{{ words | join }} {{ words | join(', ') }} {{ people | join('; ', attribute='name') }} {{ [1, none, 2.0] | join('-') }} {{ 'abc' | join('.') }}
{{ words | first }} {{ words | last }} {{ 'abc' | first }} {{ 'abc' | last }}
{{ words | sort }} {{ words | sort(reverse=true) }} {{ words | sort(case_sensitive=true) }} {{ numbers | sort }} {{ people | sort(attribute='age') | map(attribute='name') | list }} {{ people | sort(attribute='age,name') | map(attribute='name') | list }}
{{ words | unique | list }} {{ numbers | sum }} {{ people | sum(attribute='age') }} {{ numbers | min }} {{ numbers | max }} {{ words | min }} {{ words | max }} {{ numbers | sum(start=10) }}
{{ words | map('upper') | list }} {{ people | map(attribute='job.title') | list }} {{ nested | map('sum') | list }} {{ nested | map('map', 'string') | map('join', '+') | list }} {{ words | map('replace', 'a', 'o') | list }} {{ people | map(attribute='zip', default='-') | list }}
{{ numbers | select('odd') | list }} {{ numbers | reject('odd') | list }} {{ people | selectattr('age', 'equalto', 30) | map(attribute='name') | list }} {{ people | rejectattr('age', '>', 26) | map(attribute='name') | list }} {{ [0, 1, '', 'a'] | select | list }} {{ people | selectattr('job.title', 'in', ['cook']) | list | length }}
{{ words | reverse | list }} {{ 'abc' | reverse }} {{ words | list }} {{ 'abc' | list }}
{{ numbers | batch(2) | list }} {{ numbers | batch(2, 0) | list }} {{ words | slice(3) | list }} {{ words | slice(3, 'x') | list }}
{% for g, items in people | groupby('age') %}{{ g }}:{{ items | map(attribute='name') | join(',') }};{% endfor %}
{{ d | dictsort }} {{ {'b': 1, 'A': 2} | dictsort }} {{ {'b': 1, 'A': 2} | dictsort(by='value') }} {{ {'b': 1, 'A': 2} | dictsort(true) }} {{ {'a': 1} | items | list }}
{{ 'hello world-foo (bar)' | title }} {{ 'HELLO' | capitalize }} {{ 'Hello' | upper }} {{ 'Hello' | lower }} {{ 42 | string }} {{ 5 | upper }}
{{ '42' | int }} {{ '4.7' | int }} {{ 'x' | int }} {{ 'x' | int(-1) }} {{ 'ff' | int(base=16) }} {{ '0x1f' | int(base=16) }} {{ 3.9 | int }} {{ -3.9 | int }} {{ ' 7 ' | int }} {{ '1e3' | int }} {{ true | int }} {{ none | int }}
{{ '4.5' | float }} {{ 'x' | float }} {{ 3 | float }} {{ 'nan' | float }} {{ '-inf' | float }} {{ '.5' | float }} {{ '5.' | float }} {{ 'x' | float(1.5) }}
{{ -5 | abs }} {{ -2.5 | abs }} {{ 42.55 | round }} {{ 42.55 | round(1) }} {{ 42.55 | round(1, 'floor') }} {{ 42.5 | round(0, 'ceil') }} {{ 42 | round }} {{ 2.5 | round }} {{ 3.5 | round }} {{ 2.675 | round(2) }} {{ 1234.5 | round(-2) }} {{ 42.5 | round | int }}
{{ 'foo bar baz' | wordcount }} {{ 'a\nb\n\nc' | indent }} {{ 'a\nb\n\nc' | indent(2, true, true) }} {{ 'a\nb' | indent('> ', first=True) }} {{ 'banana' | replace('a', 'o') }} {{ 'banana' | replace('a', 'o', 1) }}
{{ html | e }} {{ html | escape | e }} {{ html | safe }} {{ html | forceescape }} {{ ('<b>' | safe) + '<' }} {{ '<' + ('>' | e) }} {{ html | striptags }} {{ 'a b/c&d=é' | urlencode }} {{ {'a': 'b c', 'd': 1} | urlencode }}
{{ 'The quick brown fox jumps' | truncate(12) }} {{ 'The quick brown fox jumps' | truncate(12, true) }} {{ 'The quick brown fox' | truncate(15, false, '!', 0) }} {{ 'short' | truncate(3) }} {{ 'ab' | center(6) }}|
{{ missing is defined }} {{ missing is undefined }} {{ n is defined }} {{ missing | default('dflt') }} {{ missing | d(1) }} {{ empty | default('e') }} {{ empty | default('e', true) }} {{ none | default('e') }}
{{ nothing is none }} {{ n is none }} {{ name is string }} {{ n is string }} {{ n is number }} {{ yes is number }} {{ n is integer }} {{ yes is integer }} {{ x is float }} {{ d is mapping }} {{ words is mapping }} {{ words is iterable }} {{ name is iterable }} {{ n is iterable }} {{ words is sequence }} {{ d is sequence }} {{ name is sequence }} {{ n is sequence }}
{{ yes is true }} {{ yes is false }} {{ 1 is true }} {{ yes is boolean }} {{ n is odd }} {{ n is even }} {{ n is divisibleby 7 }} {{ n is divisibleby(2) }} {{ n is eq 7 }} {{ n is ne(7) }} {{ n is gt 3 }} {{ n is lt(3) }} {{ n is ge 7 }} {{ n is le 6 }} {{ 2 is in [1, 2] }} {{ nothing is sameas none }} {{ 'A' is upper }} {{ 'a' is lower }} {{ range is callable }} {{ name is callable }} {{ n is not none }} {{ 'upper' is filter }} {{ 'odd' is test }}
{% set a = 1 %}{% set b, c = 2, [3] %}{{ a }}{{ b }}{{ c }}
{% set block %}in {{ name }}{% endset %}[{{ block }}] {% set up | upper %}in {{ name }}{% endset %}[{{ up }}]
{% if n == 1 %}one{% elif n == 7 %}seven{% else %}other{% endif %}{% if empty %}x{% else %}y{% endif %}{% if false %}z{% endif %}
{% for w in words %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {{ w }};{% endfor %}
{% for w in words if w != 'fig' %}{{ loop.index }}/{{ loop.length }} {{ w }};{% else %}none{% endfor %}{% for w in [] %}x{% else %}none{% endfor %}
{% for w in words %}{{ loop.previtem | default('-') }}<{{ w }}>{{ loop.nextitem | default('-') }};{% endfor %}
{% for w in ['a', 'a', 'b'] %}{{ loop.changed(w) }}{{ loop.cycle('x', 'y') }} {% endfor %}
{% for a, b in pairs %}{{ a }}{{ b }}{% endfor %}{% for a, (b, c) in [[1, [2, 3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for item in [{'v': 1, 'k': [{'v': 2, 'k': []}]}, {'v': 3, 'k': []}] recursive %}{{ loop.depth }}:{{ item.v }}({{ loop(item.k) }}){% endfor %}
{% for i in range(3) %}{% for j in range(2) %}{{ loop.index }}{% endfor %}{{ loop.index }} {% endfor %}
{% set v = 0 %}{% for i in range(3) %}{% set v = v + i %}{{ v }}{% endfor %}={{ v }}
{% set ns = namespace(v=0, l=[]) %}{% for i in range(4) %}{% set ns.v = ns.v + i %}{% endfor %}{{ ns.v }}
{% macro hi(who, mark='!', n=2) %}Hi {{ who }}{{ mark * n }}{% endmacro %}{{ hi('A') }} {{ hi('B', '?') }} {{ hi(who='C', n=1) }} {{ hi() }}
{% macro va() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ va(1, 2, a=3) }}
{% macro box(t) %}[{{ t }}|{{ caller() }}]{% endmacro %}{% call box('T') %}body {{ name }}{% endcall %}
{% macro each(l) %}{% for i in l %}{{ caller(i) }},{% endfor %}{% endmacro %}{% call(i) each([1, 2]) %}<{{ i }}>{% endcall %}
{% macro fac(k) %}{{ 1 if k < 2 else k * fac(k - 1) | int }}{% endmacro %}{{ fac(5) }}
{% macro sees() %}{{ later }}{% endmacro %}{% set later = 'L' %}{{ sees() }}
{% filter upper %}shout {{ name }}{% endfilter %} {% filter replace('a', 'b') | trim %} banana {% endfilter %}
{% with a = 1, b = n %}{{ a + b }}{% endwith %}{% set a = 'out' %}{% with a = 'in', b = a %}{{ a }}{{ b }}{% endwith %}{{ a }}
{% raw %}{{ not }} {% this %}{# #}{% endraw %}
{# a comment #}x{#- y -#} z
{{ a.b.c if a is defined else 'no a' }}
{{ dict(a=1, b=2) }} {{ dict([['x', 1]], y=2) }} {{ dict({'a': 1}) }}
{% set j = joiner('|') %}{% for i in range(3) %}{{ j() }}{{ i }}{% endfor %} {% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}
{{ d | tojson }}
{{ {'z': 'é', 'a': [1, 2.5, none, true, "q'<&>"], 'k': {}} | tojson(indent=2) }}
{{ uni | tojson }} {{ esc | tojson }} {{ [] | tojson }} {{ (1, 2) | tojson }} {{ 'a"b\\c\nd\x01' | tojson }} {{ 1e16 | tojson }}
{{ words | tojson(indent=4) }}
{{ d.a.0 }} {{ nested.0.1 }}
{{ d.missing is defined }} {{ d['missing'] is defined }} {{ words[10] is defined }} {{ 'x'.nope is defined }}
{{ people[0].name }} {{ people[-1]['job'].title }} {{ (people | first).age }} {{ people | map(attribute='name') | join(',') }}
{{ words.index('fig') }} {{ words.count('fig') }} {{ (1, 2).index(2) }}
{{ 'abc' is string and 'x' or 'y' }} {{ (n > 5) | string }} {{ n > 5 and 'big' }}
{{ 'yes' if 'a' in 'abc' and not 'z' in 'abc' else 'no' }}
{%- if n -%}   tight   {%- endif -%}   end
a   {%- if n %} b {% endif -%}   c
{{- name -}}   x   {{- name }}
{{ 'nested "quotes" and %} and }}' }} {{ {'a': {'b': 1}} }} {{ {'a': {'b': 1}}['a']['b'] }}
{{ n if n }} {{ [1, 2, 3,] }} {{ {'a': 1,} }} {{ words[(n - 6)] }}
{{ 10 ** 3 }} {{ 5 % -3 }} {{ -5 // 3 }} {{ 5.0 % -3 }} {{ 1 / 3 }} {{ 7 // 2.0 }} {{ 1e308 * 10 }}
{{ 'abc' > 'abd' }} {{ 'Z' < 'a' }} {{ 'é' > 'z' }} {{ [2] > [1, 5] }}
{{ words | select('in', ['fig']) | list }} {{ words | select('string') | list | length }} {{ [1, 'a', none] | reject('none') | list }}
{{ words[0] | upper | lower | title | length }} {{ -1 | abs }} {{ (1, 2) | list }} {{ 'a' ~ 'b' | upper }} {{ 1 + 2 | string | length }}
{{ name.upper().lower().strip('d')[0:2] }} {{ "a,b".split(",")[1] }} {{ 'A'.lower() in ['a'] }}
{% for k in d %}{{ k }}{% endfor %} {% for c in 'abc' %}{{ c }}.{% endfor %}
{% for m in people %}{% if loop.first %}{{ m.name }}{% elif not loop.last %},{{ m.name }}{% endif %}{% endfor %}
{{ none }} {{ None }} {{ True }} {{ true }} {{ False }}
{{ 3 is divisibleby(3) and 4 is not divisibleby(3) }} {{ 'x' is eq('x') }} {{ [] is sequence }} {{ '%d%%' % 5 }}
{{ [['a', 1], ['b', 2]] | map('first') | list }} {{ [[3, 1], [2]] | map('sort') | list }} {{ ['a', 'b'] | map('indent', 2, true) | list }}
{{ "%s" % none }} {{ "%5.1f|" % 3.14159 }} {{ "%+d" % 3 }} {{ "%c" % 65 }} {{ "%s %s" % (1, [2]) }}
{{ ' a b '.strip().split(' ') | last }} {{ 'x' * 0 }}|{{ 'tab\tx'.expandtabs(4) }}|{{ 'aXbX'.rstrip('X') }}
{{ 1.0 }} {{ 1.10 }} {{ 100000.0 * 100000 }} {{ 1e15 }} {{ 1e17 }} {{ 2.0 ** 0.5 }} {{ 5 | float }} {{ -0.0 }}
"""

CHAT = [
    "{% if true %}\nblock\n{% endif %}\nend\n",
    "  {% if true %}\n    indented\n  {% endif %}\n  {{ name }}\n",
    "  {%+ if true %}kept{% endif +%}\nnl\n",
    "a {# comment #}\n  {# lead #}\nb\n\n",
    "{% raw %}\n {{ x }}\n{% endraw %}\nz",
    "x  {% if true %}y{% endif %}",
    "\t{% set a = 1 %}\n\t{{ a }}",
    "a\r\nb\rc\r\n",
    "{{ missing }}|{{ missing.x is defined if missing is defined }}|{{ d.missing }}|{{ missing ~ 'x' }}|{{ missing | upper }}|{{ missing | length }}",
    "{% for x in missing %}x{% else %}none{% endfor %}{{ missing or 'or' }}{{ not missing }}{{ missing == missing }}{{ missing == none }}{{ 'a' in missing }}{{ missing | join(',') }}{{ missing | list }}{{ missing | trim }}",
    "{{ missing is iterable }} {{ missing is string }} {{ missing is mapping }} {{ missing is sequence }} {{ missing is none }} {{ [] | first }}| {{ [] | last }}|{{ missing | default }}|",
    "{{ missing.attribute }}", "{{ missing['key'] }}", "{{ missing + 1 }}", "{{ missing() }}", "{{ 'a' + missing }}", "{{ missing < 1 }}",
    "{{ missing | tojson }}", "{{ missing in 'abc' }}",
    "{{ raise_exception('no ' ~ name) }}", "{% if false %}{{ raise_exception('x') }}{% endif %}fine",
    "{{ strftime_now('%Y') | length }}",
    "{% for i in range(10) %}{% if i == 3 %}{% continue %}{% endif %}{% if i == 6 %}{% break %}{% endif %}{{ i }}{% endfor %}",
    "{% generation %}{{ name }}{% set q = 1 %}{% endgeneration %}{{ q is defined }}",
    "{{ {'b': 'é<&', 'a': 1} | tojson }}", "{{ {'b': 'é', 'a': 1} | tojson(ensure_ascii=true, sort_keys=true) }}",
    "{{ [1, {'a': 2}] | tojson(separators=(',', ':')) }} {{ [1, {'a': []}] | tojson(indent=1) }} {{ {1: 2, none: 3, true: 4, 2.5: 6} | tojson }}",
    "{{ words.append('x') }}", "{{ d.update({'a': 1}) }}", "{{ d.pop('b') }}", "{% set _ = words.append('x') %}",
    "{% set ns = namespace(a=[]) %}{% set ns.a = ns.a + [1] %}{% set ns.b = 'new' %}{{ ns.a }}{{ ns.b }}{{ ns.c }}{{ ns['a'] }}",
    "{% set d.x = 1 %}", "{% set ns = namespace(_x=1) %}",
    "{{ range(100001) }}", "{{ 'a'.__class__ }}", "{{ ''.__class__.__mro__ }}",
    "{% if messages is not defined %}no{% endif %}{{ people[0].zip }}{{ people[0].zip is defined }}{{ people[5] }}|{{ name[99] }}|",
    "{% for p in people | selectattr('zip', 'defined') %}x{% else %}none{% endfor %}{{ people | selectattr('job') | list | length }}",
    "{% if people | selectattr('name', 'equalto', 'Zed') %}generators are true{% endif %}",
    "{% set x %}{% endset %}{{ x == '' }}\n\n",
    "{%- for p in people -%}\n  {{- p.name -}}\n{%- endfor -%}\n",
    "{%- macro m(a) %}\n  <{{ a }}>\n{%- endmacro %}\n{{- m('x') }}\n{{ m('y') | trim }}",
    "{{ (words | map('length') | list)[0] }}{{ words | map('lower') | unique | list | length }}",
    "{% for a in [1,2] %}\n{{ a }}\n{% endfor %}\nrest",
    "line\n\n{% if true %}\n\nx\n\n{% endif %}\n\ny",
    "{{ 'x' if false }}|", "{{ name.upper is defined }}",
    "{{ d.keys() | first }}{{ (d.items() | list)[0][0] }}",
]

TASK = [
    "{{ name }}\n", "  {% if true %}\n    kept\n  {% endif %}\n", "{{ missing }}", "{{ missing | default('x') }}", "{% if missing %}{% endif %}",
    "{{ missing is defined }} {{ missing is none }} {{ missing is string }}", "{{ missing == 1 }}", "{{ d.missing }}", "{% for x in missing %}{% endfor %}",
    "{{ missing | upper }}", "{{ missing ~ 'a' }}", "{{ missing is iterable }}", "{{ 'a' in missing }}", "{{ people[0].zip }}",
    "{{ {'b': \"é<&'\", 'a': 1} | tojson }}", "{{ {'b': [1, 2], 'a': {'z': 1, 'c': 2}} | tojson(indent=2) }}",
    "{% set l = [1] %}{% set _ = l.append(2) %}{{ l }} {{ l.pop() }} {{ l }} {{ l.extend([5, 4]) }} {{ l.insert(0, 9) }} {{ l.sort() }} {{ l }} {{ l.reverse() }}{{ l }} {{ l.remove(4) }}{{ l }}",
    "{% set q = {'a': [1]} %}{{ q.update({'b': 2}) }}{{ q.a.append(3) }}{{ q['a'].append(4) }}{{ q }}{{ q.pop('b') }}{{ q.setdefault('c', 5) }}{{ q }}{{ q.pop('zz', 'no') }}",
    "{% set l = [] %}{% for w in words %}{{ l.append(w | upper) or '' }}{% endfor %}{{ l | join(',') }}",
    "{% set ns = namespace(l=[]) %}{% for w in words %}{% set _ = ns.l.append(w) %}{% endfor %}{{ ns.l }}",
    "Question: {{ name.strip() }}\nChoices:\n{% for c in choices %}{{ 'ABCD'[loop.index0] }}. {{ c }}\n{% endfor %}Answer:",
    "{{ choices.index(choices[answer]) }}", "{{ ['A', 'B'][answer] }}", "{{ [choices[0], choices[1]] | join(' or ') }}",
    "{{ 'abc def' | regex_replace('[aeiou]', '*') }} {{ 'John Smith' | regex_replace('(\\\\w+) (\\\\w+)', '\\\\2, \\\\1') }} {{ 'aaa' | regex_replace('a', 'b', 2) }} {{ 'x1y22' | regex_replace('(?P<d>\\\\d+)', '<\\\\g<d>>') }} {{ 'abc' | regex_replace('', '-') }} {{ 'axb' | regex_replace('x*', '-') }}",
    "{{ 'a' | regex_replace('(', 'b') }}", "{{ 'a' | regex_replace('a', '\\\\1') }}", "{{ 'a' | regex_replace('a', '\\\\q') }}",
    "{{ raise_exception('x') }}", "{{ name | nofilter }}", "{{ name is notest }}", "{% nothing %}", "{% if x %}", "{% endif %}", "{{ }}", "{{ a b }}", "{{ 'abc }}",
    "{% for x in %}{% endfor %}", "{{ 1 + }}", "{{ (1 }}", "{% set x %}", "{{ [1, 2 }}", "{{ name.nope }}", "{{ name.nope() }}", "{{ n() }}", "{{ 1 / 0 }}", "{{ 1 // 0 }}",
    "{{ 'a' + 1 }}", "{{ 1 + 'a' }}", "{{ [1] + 'a' }}", "{{ 'a' < 1 }}", "{{ none < 1 }}", "{{ n | length }}", "{{ n | list }}", "{{ 'abc'.index('x') }}", "{{ words.index('x') }}",
    "{{ 'a' * 'b' }}", "{{ -'a' }}", "{{ d[[1]] }}", "{{ {[1]: 2} }}", "{{ ','.join([1]) }}", "{% for a, b in [1] %}{% endfor %}", "{% for a, b in [[1, 2, 3]] %}{% endfor %}",
    "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "{% macro m(a) %}{% endmacro %}{{ m(b=1) }}", "{{ 'x'.split('') }}", "{{ 'a'.nosuch() }}", "{{ '%d' % 'a' }}", "{{ '{} {}'.format(1) }}",
    "{{ range(1, 5, 0) }}", "{{ x | round(1, 'sideways') }}", "{{ 'a' is sameas }}", "{{ n is divisibleby }}", "{{ words | batch }}", "{% break %}", "{{ name | upper(1) }}", "{{ loop.index }}",
    "{{ n is defined is none }}", "{% else %}", "{% include 'x' %}", "{# open", "{{ open", "{% raw %}x",
]

VALUES = [
    "{{ answer }}", "{{ choices }}", "{{choices[answer]}}", "{{ [choices[0], 'b'] }}", "{{ n }}", "{{ x }}", "{{ name }}", "{{ d }}", "{{ nothing }}", "{{ n > 3 }}",
    "{{ choices | length }}", "{{ choices.index('no') }}", "{{ people | map(attribute='name') | list }}", "{{ (1, 'a') }}", "{{ '3' | int }}", "{{ {'a': [1, {'b': none}]} }}",
]


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


class Generation(jinja2.ext.Extension):
    """The block `generation`, which keeps its variables to itself."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_text"), [], [], body).set_lineno(line)

    def _text(self, caller):
        return caller()


class Namespace(jinja2.utils.Namespace):
    """Refuses attributes that begin with an underscore."""

    def __init__(*arguments, **attributes):
        self = arguments[0]
        for name in attributes:
            if name.startswith("_"):
                raise jinja2.exceptions.SecurityError(name)
        jinja2.utils.Namespace.__init__(self, *arguments[1:], **attributes)


def chat_environment():
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])

    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = lambda text: text.replace("%Y", "2026")
    environment.globals["namespace"] = Namespace
    return environment


def task_environment():
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    environment.filters["regex_replace"] = lambda text, pattern, new, count=0: re.sub(pattern, new, text, count=count)
    return environment


def plain(value):
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def main():
    environments = {"chat": chat_environment(), "task": task_environment()}
    cases = [(dialect, line) for line in BOTH.strip("\n").split("\n") for dialect in ("chat", "task")]
    cases += [("chat", text) for text in CHAT] + [("task", text) for text in TASK]
    with open("expressions.jsonl", "w", encoding="utf-8") as out:
        out.write(json.dumps({"variables": VARIABLES}, ensure_ascii=False) + "\n")
        for dialect, text in cases:
            record = {"dialect": dialect, "template": text}
            variables = json.loads(json.dumps(VARIABLES))
            try:
                record["text"] = environments[dialect].from_string(text).render(**variables)
            except Exception as error:
                record["error"] = type(error).__name__
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
        for text in VALUES:
            value = environments["task"].compile_expression(text[2:-2])(**VARIABLES)
            out.write(json.dumps({"dialect": "task", "template": text, "value": plain(value)}, ensure_ascii=False) + "\n")


main()
