/* SPDX-License-Identifier: Apache-2.0 */
/* page_files.c: the style sheet and the script as bytes of the program. The Makefile knows that this object hangs on them. */
#include "worker/web/page.h"

__asm__(".section .rodata\n"
        ".global page_css\npage_css:\n.incbin \"worker/web/page.css\"\n.byte 0\n"
        ".global page_js\npage_js:\n.incbin \"worker/web/page.js\"\n.byte 0\n"
        ".text\n");
