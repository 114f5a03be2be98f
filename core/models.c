#include "modules.h"

/* The assembler copies the index of models, because a string of megabytes takes the compiler long. */
__asm__(".section .rodata\n"
        ".balign 16\n"
        ".global embedded_models\n"
        ".hidden embedded_models\n"
        "embedded_models:\n"
        ".incbin \"models.index\"\n"
        ".global embedded_models_end\n"
        ".hidden embedded_models_end\n"
        "embedded_models_end:\n"
        ".byte 0\n"
        ".text\n");
